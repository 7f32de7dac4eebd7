"""The little schema this directory enforces: names from RFC 4519, RFC 4524, RFC 2798 and the password policy draft."""

from __future__ import annotations

OPERATIONAL = frozenset({
    "createtimestamp", "modifytimestamp", "creatorsname", "modifiersname", "entryuuid", "entrydn", "memberof",
    "hassubordinates", "structuralobjectclass", "pwdaccountlockedtime", "pwdchangedtime", "pwdfailuretime",
    "pwdhistory", "pwdreset",
})  # fmt: skip
"""Returned only where asked for by name or by `+`."""

SERVER_SET = frozenset({
    "createtimestamp", "modifytimestamp", "creatorsname", "modifiersname", "entryuuid", "entrydn", "memberof",
    "hassubordinates", "structuralobjectclass", "pwdchangedtime", "pwdfailuretime", "pwdhistory",
})  # fmt: skip
"""Written by the directory alone (NO-USER-MODIFICATION)."""

SECRET = frozenset({"userpassword", "pwdhistory"})
"""Never returned, compared or matched."""

NAMES = frozenset({"member", "memberof", "manager", "owner", "seealso", "secretary", "roleoccupant", "entrydn",
                   "creatorsname", "modifiersname", "uniquemember"})  # fmt: skip
TIMES = frozenset({"createtimestamp", "modifytimestamp", "pwdaccountlockedtime", "pwdchangedtime", "pwdfailuretime"})
SINGLE = frozenset({"preferredlanguage", "employeenumber", "displayname", "pwdaccountlockedtime", "pwdreset", "dc"})

_TEXT = frozenset({
    "objectclass", "uid", "cn", "sn", "givenname", "initials", "displayname", "mail", "title", "description", "ou",
    "o", "dc", "l", "st", "street", "c", "co", "postalcode", "postaladdress", "telephonenumber", "mobile", "pager",
    "homephone", "facsimiletelephonenumber", "departmentnumber", "employeenumber", "employeetype", "carlicense",
    "preferredlanguage", "roomnumber", "labeleduri", "businesscategory", "physicaldeliveryofficename",
    "homepostaladdress",
    "destinationindicator", "serialnumber", "info", "host", "drink", "userclass", "personaltitle", "userid", "surname",
    "commonname", "jpegphoto", "usercertificate",
})  # fmt: skip

_SUPERIOR = {
    "inetorgperson": "organizationalperson", "organizationalperson": "person", "person": "top",
    "groupofnames": "top", "organizationalunit": "top", "organization": "top", "dcobject": "top",
    "organizationalrole": "top", "simplesecurityobject": "top", "device": "top",
}  # fmt: skip

_REQUIRED = {
    "person": ("sn", "cn"), "groupofnames": ("cn", "member"), "organizationalunit": ("ou",), "organization": ("o",),
    "dcobject": ("dc",), "organizationalrole": ("cn",), "simplesecurityobject": ("userPassword",), "device": ("cn",),
}  # fmt: skip


def known(attribute: str) -> bool:
    """True for an attribute name (lower case, options such as `;lang-de` allowed) that may occur here."""
    name = attribute.partition(";")[0]
    return name in _TEXT or name in OPERATIONAL or name in NAMES or name in SECRET


def with_superiors(classes: list[str]) -> list[str]:
    """The object classes (lower case) and everything they derive from, each once."""
    found = list(dict.fromkeys(classes))
    for name in found:
        superior = _SUPERIOR.get(name)
        if superior and superior not in found:
            found.append(superior)
    return found


def required(classes: list[str]) -> list[tuple[str, str]]:
    """(class, attribute) for every attribute that an entry of these classes must have."""
    return [(name, attribute) for name in with_superiors(classes) for attribute in _REQUIRED.get(name, ())]


def known_class(name: str) -> bool:
    """True for an object class (lower case) that entries here may have."""
    return name == "top" or name in _SUPERIOR
