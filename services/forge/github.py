"""GitHub: its REST API, and its GraphQL API for discussions, which REST does not have."""

from dataclasses import asdict
from typing import Any

from services.forge.api import Commit, Http, Issue, Made, Post, create_issue, field, made, segment, text, unavailable

API = "https://api.github.com"

_REPOSITORY = """query ($owner: String!, $name: String!, $category: String!) {
  repository(owner: $owner, name: $name) { id discussionCategory(slug: $category) { id } }
}"""
_DISCUSSION = """mutation ($repository: ID!, $category: ID!, $title: String!, $body: String!) {
  createDiscussion(input: {repositoryId: $repository, categoryId: $category, title: $title, body: $body}) {
    discussion { number title url }
  }
}"""


def headers(token: str) -> dict[str, str]:
    """What every request to GitHub carries."""
    return {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }


class GitHub:
    """A repository at GitHub, or at a GitHub Enterprise Server."""

    def __init__(self, http: Http, repository: str, discussions: str) -> None:
        self._http = http
        self._repository = repository
        self._path = f"/repos/{repository}"
        self._discussions = discussions

    async def create_issue(self, issue: Issue) -> Made:
        """Open an issue, without labels and assignees if GitHub rejects those."""
        options = {"labels": issue.labels, "assignees": issue.assignees}
        return await create_issue(self._http, f"{self._path}/issues", issue, options)

    async def create_discussion(self, title: str, body: str) -> Made:
        """Open a discussion in the category that is set."""
        owner, _, name = self._repository.partition("/")
        found = await self._graphql(_REPOSITORY, {"owner": owner, "name": name, "category": self._discussions})
        answer = await self._graphql(
            _DISCUSSION,
            {
                "repository": text(found, "repository", "id"),
                "category": text(found, "repository", "discussionCategory", "id"),
                "title": title,
                "body": body,
            },
        )
        return made(field(answer, "createDiscussion", "discussion"), url="url")

    async def head_of(self, branch: str) -> Commit | None:
        """The branch's last commit, None if there is no such branch."""
        status, answer = await self._http.ask("GET", f"{self._path}/branches/{segment(branch)}", expected={200, 404})
        if status == 404:
            return None
        message, tree = (text(answer, "commit", "commit", *path) for path in (("message",), ("tree", "sha")))
        return Commit(text(answer, "commit", "sha"), message, tree)

    async def has(self, path: str, commit: str) -> bool:
        """Whether there is such a file or folder at this commit."""
        status, _ = await self._http.ask("GET", f"{self._path}/contents/{path}?ref={commit}", expected={200, 404})
        return status == 200

    async def add(self, post: Post, head: Commit) -> bool:
        """Put the post on a new branch, in one step as seen from outside; False if the branch cannot be made.

        The commit is created first, outside of any branch, so that the branch never points to another commit.
        """
        entry = {"path": post.path, "mode": "100644", "type": "blob", "content": post.markdown}
        tree = {"base_tree": head.tree, "tree": [entry]}
        _, answer = await self._http.ask("POST", f"{self._path}/git/trees", tree, expected={201})
        commit: dict[str, Any] = {"message": post.message, "tree": text(answer, "sha"), "parents": [head.id]}
        if post.author:
            commit["author"] = asdict(post.author)
        _, answer = await self._http.ask("POST", f"{self._path}/git/commits", commit, expected={201})
        ref = {"ref": f"refs/heads/{post.branch}", "sha": text(answer, "sha")}
        status, _ = await self._http.ask("POST", f"{self._path}/git/refs", ref, expected={201, 422})
        return status == 201

    async def open_pull_request(self, post: Post) -> Made:
        """Ask for the branch of the post to be merged."""
        wanted = {"title": post.title, "head": post.branch, "base": post.base, "body": post.description}
        _, answer = await self._http.ask("POST", f"{self._path}/pulls", wanted, expected={201})
        return made(answer)

    async def remove_branch(self, branch: str) -> None:
        """Remove the branch; its pull request is closed by that."""
        await self._http.ask("DELETE", f"{self._path}/git/refs/heads/{segment(branch)}", expected={204})

    async def _graphql(self, query: str, variables: dict[str, str]) -> Any:
        # GitHub's own server has it at /graphql, an Enterprise Server at /api/graphql, beside /api/v3.
        base = self._http.base.removesuffix("/v3")
        _, answer = await self._http.ask(
            "POST", "/graphql", {"query": query, "variables": variables}, expected={200}, base=base
        )
        # Failures come with status 200 too.
        if field(answer, "errors") or field(answer, "data") is None:
            raise unavailable("POST /graphql", "answered errors; is the repository right, and are discussions on?")
        return field(answer, "data")
