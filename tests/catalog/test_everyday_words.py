"""What people say when they need something leads to the item that helps: slips of the fingers included."""

from __future__ import annotations

import pytest
from tests.catalog.folders import HOUSE, good

CATALOG = good(HOUSE)
SAID = {
    "new-phone-sign-in": ["new phone cannot sign in", "authenticator", "autenticator app", "2fa", "lost my codes"],
    "reset-password": ["forgot my password", "forgot pasword", "password expired", "need a new password", "kennwort"],
    "unlock-account": ["cannot log in", "cant login", "locked out", "my account is blocked", "acount locked"],
    "finance-reports": ["monthly figures", "see the budget", "sales numbers", "finance report", "umsatz zahlen"],
    "github-engineering": ["source code", "githbu", "clone the repo", "pull request"],
    "guest-account": ["contractor account", "freelancer starts", "external consultant", "contracter", "intern account",
                      "gastkonto"],
    "guest-wifi": ["guest wifi", "wifi password", "visitor internet", "wifi for my own phone", "gäste wlan"],
    "legacy-crm": ["customer database", "crm", "client list", "costumer database"],
    "production-access": ["prod access", "ssh to server", "incident on live system", "prodction"],
    "shared-mailbox": ["team mailbox", "shared inbox", "send as info@", "shard mailbox", "postfach team",
                       "mailing list", "distribution list"],
    "vpn-access": ["work from home", "vpn", "remote access", "remote acess", "open the intranet on the road"],
    "wiki-editors": ["edit wiki", "change a wiki page", "confluence", "write documentation", "wikki edit"],
    "figma-editor": ["edit design in figma", "figam", "prototype", "figma is view only"],
    "firefox-developer": ["firefox", "browser", "fierfox", "web developer tools"],
    "jetbrains-licence": ["pycharm license", "intelij", "code editor licence", "webstorm key"],
    "mac-app": ["install an app", "install software on my mac", "app store", "instal program"],
    "new-software": ["buy software", "new tool", "software you do not have", "purchase a subscription", "tool kaufen",
                     "microsoft office"],
    "slack-app": ["slack", "chat app", "slakc", "write messages to my team"],
    "zoom-pro": ["zoom", "record a meeting", "host a webinar", "meeting ends after 40 minutes", "zooom pro"],
    "desk-equipment": ["second monitor", "keybord and mouse", "headset", "new charger", "docking station"],
    "lost-device": ["lost my laptop", "laptop stolen", "my phone was stolen", "i lost my phone", "handy verloren"],
    "network-trouble": ["wifi slow", "internet is not working", "no conection", "slow internet", "wlan langsam"],
    "new-laptop": ["new laptop", "replace my old notebook", "new computer", "labtop", "neuer rechner"],
    "repair-device": ["laptop broken", "screen cracked", "computer is slow", "battery dies", "laptop kaputt", "coffee"],
    "ask-techops": ["need help", "ask somebody", "printer does not print", "a chair", "brauche hilfe", "drukcer"],
    "engineer-pack": ["new engineer onboarding", "set up a developer", "engineers starting pack", "enginer first day"],
    "leaving-colleague": ["colleague leaves", "offboarding", "somebody quits", "last day of a colleage", "kündigung"],
    "new-colleague": ["new hire", "new colleague starts", "new employee", "someone joins my team", "neuer kollege"],
    "welcome-pack": ["new designer", "first day", "designer starting pack", "desinger onboarding"],
}  # fmt: skip


def test_each_item_is_said_in_some_way_here() -> None:
    """Whoever adds an item says how people ask for it: three ways at least."""
    assert set(SAID) == set(CATALOG.items)
    assert not [item for item, said in SAID.items() if len(said) < 3]


@pytest.mark.parametrize(("said", "item"), [(said, item) for item, all_said in SAID.items() for said in all_said])
def test_what_people_say_leads_to_what_helps_them(said: str, item: str) -> None:
    """The first of what is found is what they mean."""
    assert [hit.item.id for hit in CATALOG.search.search(said)][:1] == [item]
