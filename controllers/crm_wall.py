from odoo import http
from odoo.exceptions import AccessError
from odoo.http import request

HEADERS = {
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


class CrmWall(http.Controller):
    """The leaderboard on a television: a page that asks for its figures by itself."""

    @http.route("/playbook/wall", type="http", auth="user", readonly=True)
    def wall(self):
        return self._page("/playbook/wall/figures")

    @http.route("/playbook/wall/figures", type="http", auth="user", readonly=True)
    def wall_figures(self):
        try:
            figures = request.env["crm.leaderboard"].get_wall()
        except AccessError:
            return request.not_found()
        return self._figures(figures)

    @http.route("/playbook/wall/<string:token>", type="http", auth="public")
    def wall_of_token(self, token):
        if not request.env["crm.wall"]._find_by_token(token):
            return request.not_found()
        return self._page(f"/playbook/wall/{token}/figures")

    @http.route("/playbook/wall/<string:token>/figures", type="http", auth="public")
    def wall_figures_of_token(self, token):
        wall = request.env["crm.wall"]._find_by_token(token)
        return self._figures(wall._get_wall()) if wall else request.not_found()

    def _page(self, figures_url):
        response = request.render(
            "crm_playbook.wall_page",
            {"figures_url": figures_url, "lang": request.env.lang or "en_US"},
        )
        response.headers.update(HEADERS)
        return response

    def _figures(self, figures):
        """Of each row, what the screen shows, and no more."""
        tables = [
            {
                "title": table["title"],
                "total": table["total"],
                "rows": [
                    {name: row[name] for name in ("rank", "name", "points", "change")}
                    for row in table["rows"][:10]
                ],
            }
            for table in figures["tables"]
        ]
        response = request.make_json_response(figures | {"tables": tables})
        response.headers.update(HEADERS)
        return response
