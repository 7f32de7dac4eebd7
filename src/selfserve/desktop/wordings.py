"""What the app itself says, each sentence in English and German; pages of the server speak for themselves.

A small table instead of gettext, so that the app needs no compiled files. A test holds both languages complete.
"""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "starting": ("One moment…", "Einen Moment …"),
    "starting_told": ("Looking for {server}.", "Verbindung zu {server} wird aufgebaut."),
    "unlock": (
        "If your computer asks you to unlock your keyring, please do.",
        "Wenn dein Computer dich bittet, den Schlüsselbund zu entsperren, tu das bitte.",
    ),
    "welcome": ("Welcome", "Willkommen"),
    "welcome_told": (
        "Sign in with your browser, as you do elsewhere at work. The app sees no password.",
        "Melde dich mit deinem Browser an, wie sonst bei der Arbeit auch. Die App sieht kein Passwort.",
    ),
    "sign_in": ("Sign in", "Anmelden"),
    "recover": ("I cannot sign in", "Ich kann mich nicht anmelden"),
    "waiting": ("Go on in your browser", "Weiter in deinem Browser"),
    "waiting_told": (
        "A page has opened there. Press “Sign in the app” if it shows these signs:",
        "Dort ist eine Seite aufgegangen. Drück auf „App anmelden“, wenn sie diese Zeichen zeigt:",
    ),
    "no_browser": (
        "Your browser did not open. Copy this address into it:",
        "Dein Browser ist nicht aufgegangen. Kopier diese Adresse hinein:",
    ),
    "open_again": ("Open the page again", "Seite noch einmal öffnen"),
    "cancel": ("Cancel", "Abbrechen"),
    "whose": ("Signed in as {name}", "Angemeldet als {name}"),
    "whose_told": (
        "Go on only if that is you: what you do in the app is done in this name.",
        "Mach nur weiter, wenn du das bist: Was du in der App tust, geschieht in diesem Namen.",
    ),
    "that_is_me": ("Go on", "Weiter"),
    "not_mine": ("Not me", "Das bin ich nicht"),
    "not_me": (
        "Nothing was kept. Sign in again, in a browser where you are signed in yourself.",
        "Es wurde nichts behalten. Melde dich noch einmal an, in einem Browser, in dem du selbst angemeldet bist.",
    ),
    "took_too_long": (
        "That took longer than five minutes, so it was stopped. Nothing happened; please start again.",
        (
            "Das hat länger als fünf Minuten gedauert und wurde beendet. Es ist nichts passiert; fang bitte noch "
            "einmal an."
        ),
    ),
    "not_let_in": (
        "The server did not accept what your browser brought: it was too old or used already. Please start again.",
        (
            "Der Server hat nicht angenommen, was dein Browser brachte: Es war zu alt oder schon benutzt. Fang "
            "bitte noch einmal an."
        ),
    ),
    "unheard": (
        (
            "The server's answer to your sign-in did not arrive in time. Please sign in once more. If “Yours” shows "
            "this computer twice, the entry that is not used goes by itself within an hour."
        ),
        (
            "Die Antwort des Servers auf deine Anmeldung kam nicht rechtzeitig an. Bitte melde dich noch einmal an. "
            "Steht dieser Computer zweimal unter „Deins“, verschwindet der unbenutzte Eintrag binnen einer Stunde von "
            "selbst."
        ),
    ),
    "signed_out": (
        (
            "This app was signed out: by you, by your TechOps team, or because it was not used for long. Sign in "
            "again to go on."
        ),
        (
            "Diese App wurde abgemeldet: von dir, von deinem TechOps-Team oder weil sie lange nicht benutzt "
            "wurde. Melde dich wieder an, um weiterzumachen."
        ),
    ),
    "copied": (
        (
            "This app was signed out, as its sign-in was used in two places: somebody may have copied it. Unless you "
            "have just restored this computer from a backup, tell your TechOps team. Sign in again to go on."
        ),
        (
            "Diese App wurde abgemeldet, weil ihre Anmeldung an zwei Orten benutzt wurde: Vielleicht hat sie jemand "
            "kopiert. Wenn du diesen Computer nicht gerade aus einer Sicherung wiederhergestellt hast, sag deinem "
            "TechOps-Team Bescheid. Melde dich wieder an, um weiterzumachen."
        ),
    ),
    "restored": (
        "Your company's server was put back to a backup, which signed everybody out. Sign in once more to go on.",
        (
            "Der Server deines Unternehmens wurde aus einer Sicherung wiederhergestellt, dabei wurden alle abgemeldet. "
            "Melde dich noch einmal an, um weiterzumachen."
        ),
    ),
    "leaving": ("Signing you out…", "Du wirst abgemeldet …"),
    "leaving_told": (
        "This takes a moment where {server} is slow to answer. You may close the window; it goes on all the same.",
        (
            "Das dauert einen Moment, wenn {server} langsam antwortet. Du kannst das Fenster schließen, es geht "
            "trotzdem weiter."
        ),
    ),
    "bye": ("You are signed out. See you soon.", "Du bist abgemeldet. Bis bald."),
    "bye_offline": (
        (
            "You are signed out on this computer. The server could not be told; end the app under “Yours” in your"
            " browser as well."
        ),
        (
            "Du bist auf diesem Computer abgemeldet. Dem Server konnte es nicht gesagt werden; beende die App "
            "auch im Browser unter „Deins“."
        ),
    ),
    "bye_locked": (
        (
            "You are not quite signed out yet: your keyring is locked or does not answer, and may still hold your "
            "sign-in. The app ends it as soon as it can read the keyring, when you start it or sign in again. To end "
            "it now, go to “Yours” in your browser."
        ),
        (
            "Du bist noch nicht ganz abgemeldet: Dein Schlüsselbund ist gesperrt oder antwortet nicht und enthält "
            "deine Anmeldung vielleicht noch. Die App beendet sie, sobald sie ihn lesen kann, wenn du sie startest "
            "oder dich wieder anmeldest. Sofort geht es im Browser unter „Deins“."
        ),
    ),
    "bye_kept": (
        (
            "You are not signed out: your keyring may still hold your sign-in, and it is locked or your disk is full. "
            "Unlock it or make room, and sign out again; or end the app under “Yours” in your browser."
        ),
        (
            "Du bist nicht abgemeldet: Dein Schlüsselbund enthält deine Anmeldung vielleicht noch, und er ist "
            "gesperrt, oder deine Festplatte ist voll. Entsperr ihn oder schaff Platz, und melde dich noch einmal ab; "
            "oder beende die App im Browser unter „Deins“."
        ),
    ),
    "back_title": ("You can close this page", "Du kannst diese Seite schließen"),
    "back": ("The app goes on by itself.", "Die App macht von selbst weiter."),
    "back_bad_title": ("That is not for this app", "Das ist nicht für diese App"),
    "back_bad": (
        "Nothing happened. Press “Sign in” in the app and go on from there.",
        "Es ist nichts passiert. Drück in der App auf „Anmelden“ und mach von dort weiter.",
    ),
    "keyring_none": (
        "This computer has no keyring that keeps secrets safely, so a sign-in lasts until you close the app.",
        (
            "Dieser Computer hat keinen Schlüsselbund, der Geheimnisse sicher bewahrt. Eine Anmeldung gilt deshalb "
            "nur, bis du die App schließt."
        ),
    ),
    "keyring_locked": (
        "Your keyring is locked, so a sign-in lasts until you close the app; unlock it to stay signed in for longer.",
        (
            "Dein Schlüsselbund ist gesperrt. Eine Anmeldung gilt deshalb nur, bis du die App schließt; entsperr ihn, "
            "um länger angemeldet zu bleiben."
        ),
    ),
    "unknown_name_title": ("You seem to be offline", "Du scheinst offline zu sein"),
    "unknown_name": (
        "{server} cannot be found from here. Is this computer connected to the network, or does it need the VPN?",
        (
            "{server} ist von hier aus nicht zu finden. Ist dieser Computer mit dem Netz verbunden, oder braucht "
            "er das VPN?"
        ),
    ),
    "unreachable_title": ("The server does not answer", "Der Server antwortet nicht"),
    "unreachable": (
        "{server} does not answer at the moment. Your requests go on without you; nothing is lost.",
        "{server} antwortet gerade nicht. Deine Anfragen laufen ohne dich weiter; nichts ist verloren.",
    ),
    "busy_title": ("The server is busy", "Der Server ist beschäftigt"),
    "busy": (
        "{server} cannot answer at the moment. Nothing is lost.",
        "{server} kann gerade nicht antworten. Nichts ist verloren.",
    ),
    "window_title": ("The window cannot load the page", "Das Fenster kann die Seite nicht laden"),
    "window": (
        (
            "The app reaches {server}, but its window does not; perhaps it goes by another proxy, or trusts other "
            "authorities. Nothing is lost: use your browser meanwhile, and tell a human."
        ),
        (
            "Die App erreicht {server}, ihr Fenster aber nicht; vielleicht nimmt es einen anderen Proxy oder vertraut "
            "anderen Zertifizierungsstellen. Nichts ist verloren: Nimm so lange deinen Browser, und sag einem Menschen "
            "Bescheid."
        ),
    ),
    "fault_title": ("The app made a mistake", "Die App hat einen Fehler gemacht"),
    "fault": (
        "Something went wrong inside the app; your requests on {server} are safe. If this comes back, tell a human.",
        (
            "In der App ist etwas schiefgegangen; deine Anfragen auf {server} sind sicher. Kommt das wieder, sag es"
            " einem Menschen."
        ),
    ),
    "tls_title": ("This is not a safe connection", "Diese Verbindung ist nicht sicher"),
    "tls": (
        (
            "What answers for {server} could not prove that it is. The app sent nothing. In a hotel or café, sign"
            " in to their network first; at work, tell a human."
        ),
        (
            "Was sich für {server} meldet, konnte sich nicht ausweisen. Die App hat nichts gesendet. Melde dich "
            "im Hotel oder Café erst in deren Netz an; bei der Arbeit sag einem Menschen Bescheid."
        ),
    ),
    "clock_title": ("Is your clock right?", "Geht deine Uhr richtig?"),
    "clock": (
        (
            "The certificate of {server} is not valid at the time of this computer, {time}. If that is not the "
            "time, set the clock; if it is, tell a human."
        ),
        (
            "Das Zertifikat von {server} gilt nicht zur Zeit dieses Computers, {time}. Wenn das nicht stimmt, "
            "stell die Uhr; wenn doch, sag einem Menschen Bescheid."
        ),
    ),
    "clock_off": (
        "The clock of this computer is {minutes} minutes off. Set it, or other things will fail.",
        "Die Uhr dieses Computers geht {minutes} Minuten falsch. Stell sie, sonst geht anderes schief.",
    ),
    "proxy_title": ("The proxy does not let us through", "Der Proxy lässt uns nicht durch"),
    "proxy": (
        "The proxy of your network refused the way to {server}.",
        "Der Proxy deines Netzes hat den Weg zu {server} verweigert.",
    ),
    "proxy_away_title": ("The proxy does not answer", "Der Proxy antwortet nicht"),
    "proxy_away": (
        (
            "The way to {server} goes by the proxy {proxy}, which cannot be reached. Is this computer in the network "
            "that has it, or does it need the VPN?"
        ),
        (
            "Der Weg zu {server} führt über den Proxy {proxy}, der nicht zu erreichen ist. Ist dieser Computer in dem "
            "Netz, das ihn hat, oder braucht er das VPN?"
        ),
    ),
    "no_home": (
        "This account has no home folder, so the app knows no place for what it remembers; set HOME.",
        "Dieses Konto hat keinen Ordner für eigene Dateien, die App kann sich also nichts merken; setz HOME.",
    ),
    "no_gtk": (
        (
            "The app needs GTK 3 and WebKitGTK 4.1: on Debian python3-gi and gir1.2-webkit2-4.1, and in a virtual "
            "environment one of Debian's python3 made with --system-site-packages ({reason})."
        ),
        (
            "Die App braucht GTK 3 und WebKitGTK 4.1: unter Debian python3-gi und gir1.2-webkit2-4.1, und in einer "
            "virtuellen Umgebung eine von Debians python3 mit --system-site-packages ({reason})."
        ),
    ),
    "no_place": (
        "The app cannot keep its place in {folder}: {reason}.",
        "Die App kann in {folder} keinen Platz halten: {reason}.",
    ),
    "no_answer": (
        "{name} runs already, but does not answer. Wait a moment, or end it, and start it again.",
        "{name} läuft schon, antwortet aber nicht. Warte einen Moment oder beende es, und starte es noch einmal.",
    ),
    "refused_link": ("That link opens nothing", "Dieser Link öffnet nichts"),
    "refused_link_told": (
        "It names no page of {name}. Nothing was opened.",
        "Er nennt keine Seite von {name}. Es wurde nichts geöffnet.",
    ),
    "wrong_server_title": ("Somebody else answers", "Jemand anderes antwortet"),
    "wrong_server": (
        (
            "What answers at {server} is not your company's self-service. The app sent nothing more. In a hotel "
            "or café, sign in to their network first."
        ),
        (
            "Was unter {server} antwortet, ist nicht die Selbsthilfe deines Unternehmens. Die App hat nichts "
            "weiter gesendet. Melde dich im Hotel oder Café erst in deren Netz an."
        ),
    ),
    "no_apps_title": ("Please use your browser", "Bitte nimm deinen Browser"),
    "no_apps": (
        "Your company does not let the app in. Everything is there in your browser.",
        "Dein Unternehmen lässt die App nicht zu. Im Browser ist alles da.",
    ),
    "to_browser": ("Open in the browser", "Im Browser öffnen"),
    "too_old_title": ("This app is too old", "Diese App ist zu alt"),
    "too_old": (
        (
            "You have version {version}; your company asks for {minimum} or newer. Update it as you update other "
            "programs, then start it again."
        ),
        (
            "Du hast Version {version}; dein Unternehmen verlangt {minimum} oder neuer. Aktualisier sie wie "
            "andere Programme und starte sie neu."
        ),
    ),
    "update": ("How to update", "So geht das Update"),
    "retry": ("Try again", "Noch einmal versuchen"),
    "retrying": ("The app tries again by itself.", "Die App versucht es von selbst wieder."),
    "details": ("For whoever helps you: {detail}", "Für die, die dir helfen: {detail}"),
    "human": ("Need a human?", "Brauchst du einen Menschen?"),
    "device": ("This computer", "Dieser Computer"),
    "device_told": (
        (
            "With your yes the app tells your company's self-service the following. Then you need not look it up: this "
            "computer is filled in where a device is asked for, and the catalog shows what fits it."
        ),
        (
            "Mit deinem Ja sagt die App der Selbsthilfe deines Unternehmens Folgendes. Dann musst du es nicht "
            "nachsehen: Wo nach einem Gerät gefragt wird, steht dieser Computer schon da, und der Katalog "
            "zeigt, was zu ihm passt."
        ),
    ),
    "device_name": (
        (
            "The name of this computer, {name}, is told when you sign in, whatever you choose here: it tells your apps "
            "apart under “Yours”. Nothing else is sent without your yes."
        ),
        (
            "Der Name dieses Computers, {name}, wird beim Anmelden gesagt, was immer du hier wählst: An ihm erkennst "
            "du deine Apps unter „Deins“. Sonst wird nichts ohne dein Ja gesendet."
        ),
    ),
    "device_now": (
        "It is sent at each start, until you stop it here.",
        "Das wird bei jedem Start gesendet, bis du es hier beendest.",
    ),
    "device_not_now": ("Nothing of this is sent.", "Nichts davon wird gesendet."),
    "not_kept": ("That could not be stored", "Das ließ sich nicht speichern"),
    "not_kept_told": (
        (
            "Your disk is full or cannot be written, so what you chose for this computer holds only until you close "
            "{name}. What you had chosen before may count again then; make room, and choose once more."
        ),
        (
            "Deine Festplatte ist voll oder schreibgeschützt. Was du für diesen Computer gewählt hast, gilt deshalb "
            "nur, bis du {name} schließt. Danach kann gelten, was du vorher gewählt hattest; schaff Platz, und wähle "
            "noch einmal."
        ),
    ),
    "unkept": ("Your sign-in could not be stored", "Deine Anmeldung ließ sich nicht speichern"),
    "unkept_told": (
        (
            "Your disk is full or cannot be written, so you stay signed in only until you close {name}. Make room, and "
            "it is stored by itself."
        ),
        (
            "Deine Festplatte ist voll oder schreibgeschützt, du bleibst also nur angemeldet, bis du {name} schließt. "
            "Schaff Platz, dann wird sie von selbst gespeichert."
        ),
    ),
    "send": ("Send this", "Das senden"),
    "keep": ("Do not send", "Nicht senden"),
    "stop_sending": ("Stop sending", "Nicht mehr senden"),
    "back_to_app": ("Back", "Zurück"),
    "fact_name": ("Name", "Name"),
    "fact_serial": ("Serial number", "Seriennummer"),
    "fact_model": ("Model", "Modell"),
    "fact_system": ("System", "System"),
    "fact_build": ("Build", "Build"),
    "fact_encrypted": ("Disk encryption", "Festplatte verschlüsselt"),
    "fact_free": ("Free space", "Freier Platz"),
    "fact_uptime": ("Running for", "Läuft seit"),
    "fact_network": ("Network", "Netz"),
    "yes": ("yes", "ja"),
    "no": ("no", "nein"),
    "unknown": ("not known", "nicht bekannt"),
    "free_of": ("{free} of {total}", "{free} von {total}"),
    "days": ("{count} days", "{count} Tage"),
    "hours": ("{count} h", "{count} Std."),
    "wired": ("cable", "Kabel"),
    "wifi": ("Wi-Fi", "WLAN"),
    "vpn": ("VPN", "VPN"),
    "menu": ("App", "App"),
    "menu_reload": ("Load again", "Neu laden"),
    "menu_sign_out": ("Sign out", "Abmelden"),
    "menu_quit": ("Quit", "Beenden"),
    "open_notice": ("Open", "Öffnen"),
}
