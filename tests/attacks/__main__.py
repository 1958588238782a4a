"""Lists the attacks: ``python -m tests.attacks``."""

from __future__ import annotations

from tests.attacks.catalogue import attacks, folders


def main() -> None:
    for promise, folder in folders():
        print(f"\n# {promise}")
        for attack in attacks(folder):
            print(f"\n{attack.who}  [{attack.file.name}]")
            for way in attack.ways:
                print(f"- {way}")


if __name__ == "__main__":
    main()
