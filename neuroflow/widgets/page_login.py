"""Who may open the page: Voilà's own login, below the page's path."""

from __future__ import annotations

from jupyter_server.auth.identity import PasswordIdentityProvider
from jupyter_server.utils import url_path_join


class PageLogin(PasswordIdentityProvider):
    """Voilà puts the login at the root of the server, where it would show everybody the path."""

    def get_handlers(self) -> list[tuple[str, object]]:
        """Return the handler of the login; Voilà has no page to show after a logout."""
        base: str = self.parent.base_url  # type: ignore[union-attr]
        return [(url_path_join(base, "/login"), self.login_handler_class)]
