from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import changes  # noqa: PLC0415  (models can be imported only now)

        changes.connect()
