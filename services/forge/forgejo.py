"""Forgejo (Codeberg among others): its REST API. It has no discussions; issues stand in for them."""

from base64 import b64encode
from dataclasses import asdict
from typing import Any

from services.forge.api import Commit, Http, Issue, Made, Post, create_issue, field, made, segment, text

API = "https://codeberg.org/api/v1"
# A page of Forgejo's lists has no more.
MOST_LABELS = 50


def headers(token: str) -> dict[str, str]:
    """What every request to Forgejo carries."""
    return {"Authorization": f"token {token}", "Accept": "application/json"}


class Forgejo:
    """A repository at a Forgejo instance."""

    def __init__(self, http: Http, repository: str) -> None:
        self._http = http
        self._path = f"/repos/{repository}"

    async def create_issue(self, issue: Issue) -> Made:
        """Open an issue, with the labels that the repository has, and without assignees if Forgejo rejects those."""
        options = {"labels": await self._label_ids(issue.labels), "assignees": issue.assignees}
        return await create_issue(self._http, f"{self._path}/issues", issue, options)

    async def create_discussion(self, title: str, body: str) -> Made:
        """Open an issue, for there are no discussions."""
        return await self.create_issue(Issue(title, body))

    async def _label_ids(self, names: tuple[str, ...]) -> list[int]:
        """Return the numbers of the labels with these names, as far as the repository has them."""
        if not names:
            return []
        _, answer = await self._http.ask("GET", f"{self._path}/labels?limit={MOST_LABELS}", expected={200})
        labels = answer if isinstance(answer, list) else []
        numbers = [field(label, "id") for label in labels if field(label, "name") in names]
        return [number for number in numbers if type(number) is int]

    async def head_of(self, branch: str) -> Commit | None:
        """The branch's last commit, None if there is no such branch."""
        status, answer = await self._http.ask("GET", f"{self._path}/branches/{segment(branch)}", expected={200, 404})
        if status == 404:
            return None
        return Commit(text(answer, "commit", "id"), text(answer, "commit", "message"))

    async def has(self, path: str, commit: str) -> bool:
        """Whether there is such a file or folder at this commit."""
        status, _ = await self._http.ask("GET", f"{self._path}/contents/{path}?ref={commit}", expected={200, 404})
        return status == 200

    async def add(self, post: Post, head: Commit) -> bool:
        """Put the post on a new branch, in one step; False if the branch cannot be made."""
        wanted: dict[str, Any] = {
            "branch": post.base,
            "new_branch": post.branch,
            "message": post.message,
            "content": b64encode(post.markdown.encode()).decode(),
        }
        if post.author:
            wanted |= {"author": asdict(post.author), "committer": asdict(post.author)}
        # Which of the two an existing branch is answered with differs between versions.
        status, _ = await self._http.ask(
            "POST", f"{self._path}/contents/{post.path}", wanted, expected={201, 409, 422}
        )
        return status == 201

    async def open_pull_request(self, post: Post) -> Made:
        """Ask for the branch of the post to be merged."""
        wanted = {"title": post.title, "head": post.branch, "base": post.base, "body": post.description}
        _, answer = await self._http.ask("POST", f"{self._path}/pulls", wanted, expected={201})
        return made(answer)

    async def remove_branch(self, branch: str) -> None:
        """Remove the branch; its pull request is closed by that."""
        await self._http.ask("DELETE", f"{self._path}/branches/{segment(branch)}", expected={204})
