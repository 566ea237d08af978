"""Stories of the demo in which something goes wrong.

stalled         an hour of good work, a 36-minute stall, and then the same mistake over and over
hostile         a 2 MB payload, and text that tries to act on the terminal
"""

from __future__ import annotations

from workbench.demo.script import HAIKU, SONNET, Call, Script, bash, edit, moment, read


def stalled() -> Script:
    """It worked for an hour and then did something strange."""
    s = Script("billing exports", moment("2026-03-03T13:02:41Z"), SONNET, pace=1.3)
    s.user(
        "Move the billing exports to the v4 schema. There are 38 exporters under exports/; "
        "migrate each, keep its tests green."
    )
    s.step(
        "I'll look at one exporter and its test, then do the rest the same way.",
        Call("glob", {"pattern": "exports/*.py"}, "\n".join(f"exports/{name}.py" for name in _EXPORTERS) + "\n", 0.05),
        read("exports/invoices.py", _EXPORTER.format(name="invoices")),
        read("docs/schema-v4.md", _SCHEMA),
        think="38 files of the same shape. A loop by hand, one at a time, with the tests after each.",
    )
    for index, name in enumerate(_EXPORTERS[:19]):
        _migrate(s, name, index)
        if index in _CHECK_INS:
            s.step(f"{index + 1} of 38 are done, and all their tests pass.")
            s.idle()
            s.wait(40 + index)
            s.user(_CHECK_INS[index])
    s.step("19 of 38 are done. The ledger exporter comes next; its test starts a database, so it takes longer.")
    s.step(
        "",
        bash(
            "pytest -q tests/exports/test_ledger.py", "bash: no output for 36 minutes; killed\n", 2_171.0, is_error=True
        ),
        think="The database container may need a minute.",
    )
    s.failed_request("model_overloaded_error", "Overloaded", "retrying", 31.0)
    s.step(
        "The ledger test did not end within 36 minutes and was killed. I'll skip its database and go on.",
        edit("exports/ledger.py", "    schema = v3.Ledger", "    schema = v4.Ledger"),
        bash("pytest -q tests/exports/test_ledger.py -k 'not database'", _LEDGER_FAILS, 3.1, is_error=True),
    )
    for attempt in range(14):
        s.step(
            "The field is called `amount_minor` in v4. I'll change it."
            if attempt % 2
            else "The edit did not apply. I'll try it again.",
            edit(
                "exports/ledger.py",
                '        "amount": row.amount,',
                '        "amount_minor": row.amount_minor,',
                missing=True,
            ),
            bash(
                "pytest -q tests/exports/test_ledger.py -k 'not database'",
                _LEDGER_FAILS,
                3.0 + attempt / 10,
                is_error=True,
            ),
        )
    s.failed_request("model_rate_limited_error", "Rate limited: 5 attempts made over 4 minutes.", "exhausted", 244.0)
    s.idle({"type": "retries_exhausted"})
    return s


def _migrate(s: Script, name: str, index: int) -> None:
    """One exporter of many; every seventh needs a second look."""
    path = f"exports/{name}.py"
    s.step(
        f"{name}: the same three changes.",
        read(path, _EXPORTER.format(name=name)),
        edit(path, f"    schema = v3.{name.title()}", f"    schema = v4.{name.title()}"),
        edit(path, '        "amount": row.amount,', '        "amount_minor": row.amount_minor,'),
    )
    passed = f"............ [100%]\n12 passed in {2 + index % 3}.{index:02d}s\n"
    if index % 7 == 6:
        s.step("", bash(f"pytest -q tests/exports/test_{name}.py", _ONE_FAILS.format(name=name), 2.8, is_error=True))
        s.step(
            f"The currency of {name} is optional in v3 and required in v4.",
            edit(path, '        "currency": row.currency,', '        "currency": row.currency or account.currency,'),
        )
    s.step("", bash(f"pytest -q tests/exports/test_{name}.py", passed, 150.0 + index * 3))


_CHECK_INS = {
    3: "Looks right. Go on with the others.",
    11: "Still fine. Please mention fields that become required in the summary.",
}
_EXPORTERS = """
    invoices credits refunds payouts charges disputes fees taxes coupons discounts plans prices products quotes
    orders shipments returns accounts contacts ledger balances transfers deposits holds reserves sweeps statements
    notices reminders dunning trials seats usage meters events audits archives reports
""".split()
_EXPORTER = """class {name}(Exporter):
    schema = v3.{name}

    def row(self, row, account):
        return {{
            "id": row.id,
            "amount": row.amount,
            "currency": row.currency,
        }}
"""
_SCHEMA = """# Schema v4

Amounts are integers of the currency's minor unit and are called `amount_minor`. `currency` is required.
"""
_ONE_FAILS = """......F.....
E   ValidationError: currency: field required
FAILED tests/exports/test_{name}.py::test_row
1 failed, 11 passed in 2.31s
"""
_LEDGER_FAILS = """F
E   ValidationError: amount_minor: field required
E   got: {'id': 'le_1', 'amount': 1200, 'currency': 'EUR'}
1 failed in 2.64s
"""


def hostile() -> Script:
    """Text that tries to act on whoever looks at it."""
    s = Script("bucket", moment("2026-03-05T17:45:12Z"), HAIKU)
    s.user(
        "Read what customers uploaded to the bucket today and tell me which files are text. "
        "日本語のファイルもあります。"
    )
    for name, body in _UPLOADS.items():
        s.step("", read(f"/bucket/{name}", body))
    dump = "".join(
        f"{row:08x}  {'4a 6f 62 20 ' * 8} |row {row * 7919 % 1_000_003:>7} of the export|\n" for row in range(15_900)
    )
    s.step("The last one is large.", bash("xxd /bucket/export.bin", dump, 2.2))
    s.step("Six are text; `export.bin` is not. Two of the texts carry escape sequences: open them with care. 🧪")
    s.idle()
    return s


_UPLOADS = {
    "colours.log": "\x1b[31mred\x1b[0m \x1b[1;5mblinking\x1b[0m \x1b[2J\x1b[Hcleared your screen\r\nand rang \x07\x07",
    "title.txt": "\x1b]0;owned\x07\x1b]52;c;cm0gLXJmIC8=\x07 a new title and a new clipboard",
    "markup.md": "[bold red]not markup[/] [link=https://example.com]nor a link[/link] {nor} %s a $template",
    "names.txt": "invoice\u202efdp.exe  zero\u200bwidth  Z\u0351\u036b\u0343\u036aa\u0300\u0301\u0302lgo  \ufeffBOM",
    "wide.txt": "全角文字の行 한국어 줄 ｆｕｌｌ　ｗｉｄｔｈ 👩‍👩‍👧 family 🇨🇭 flag é combined",
    "long.txt": "one line without a break " + "0123456789" * 4_000,
}
