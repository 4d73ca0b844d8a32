"""Forgejo's API (v1), as far as we use it: what it takes, its status codes, and the shapes of its answers."""

from base64 import b64decode

from tests.forges import TOKEN, WHERE, Answer, Asked, Commit, Forge


class Forgejo(Forge):
    """The repository at a Forgejo instance."""

    kind = "forgejo"
    pull_page = "pulls"
    authorization = f"token {TOKEN}"
    routes = [  # noqa: RUF012 (declared a class variable by its base)
        ("POST", f"{WHERE}/issues", "create_issue"),
        ("GET", f"{WHERE}/labels", "list_labels"),
        ("GET", f"{WHERE}/branches/(?P<branch>[^/]+)", "get_branch"),
        ("DELETE", f"{WHERE}/branches/(?P<branch>[^/]+)", "delete_branch"),
        ("GET", f"{WHERE}/contents/(?P<path>.+)", "get_contents"),
        ("POST", f"{WHERE}/contents/(?P<path>.+)", "create_file"),
        ("POST", f"{WHERE}/pulls", "create_pull"),
    ]

    def create_issue(self, asked: Asked) -> Answer:
        if not asked.body.get("title", "").strip():
            return Answer(422, {"message": "[Title]: Required", "url": ""})
        if "nobody" in asked.body.get("assignees", ()):
            return Answer(422, {"message": "Assignee does not exist", "url": ""})
        number = len(self.issues) + 1
        made = {
            "id": 2_000_000 + number,
            "number": number,
            "title": asked.body["title"],
            "body": asked.body["body"],
            "state": "open",
            "labels": asked.body.get("labels", []),
            "assignees": asked.body.get("assignees", []),
            "url": f"https://forge.example/api/v1{WHERE}/issues/{number}",
            "html_url": self.page_of("issues", number),
        }
        self.issues.append(made)
        return Answer(201, made)

    def list_labels(self, asked: Asked) -> Answer:
        return Answer(200, [{"id": 11, "name": "bug"}, {"id": 12, "name": "documentation"}])

    def get_branch(self, asked: Asked, branch: str) -> Answer:
        if branch not in self.branches:
            return _missing("The branch does not exist")
        commit = self.commits[self.branches[branch]]
        return Answer(200, {"name": branch, "commit": {"id": commit.id, "message": commit.message}})

    def delete_branch(self, asked: Asked, branch: str) -> Answer:
        return Answer(204) if self.remove_branch(branch) else _missing("branch")

    def get_contents(self, asked: Asked, path: str) -> Answer:
        files = self.commits[asked.path.rpartition("?ref=")[2]].files
        found = [{"type": "file", "path": name} for name in files if name == path or name.startswith(path + "/")]
        return Answer(200, found) if found else _missing("object does not exist")

    def create_file(self, asked: Asked, path: str) -> Answer:
        wanted = asked.body
        if wanted["branch"] not in self.branches:
            return _missing("The branch does not exist")
        if wanted["new_branch"] in self.branches:
            return Answer(409, {"message": "branch already exists", "url": ""})
        base = self.commits[self.branches[wanted["branch"]]]
        if path in base.files:
            return Answer(422, {"message": "repository file already exists", "url": ""})
        files = {**base.files, path: b64decode(wanted["content"], validate=True).decode()}
        author = wanted.get("author", {"name": "bot", "email": "bot@forge.example"})
        commit = self.add_commit(Commit(wanted["message"], files, author))
        self.branches[wanted["new_branch"]] = commit
        return Answer(201, {"content": {"path": path}, "commit": {"sha": commit}})

    def pull_lacks_branch(self) -> Answer:
        return _missing("The branch does not exist")

    def pull_exists(self, head: str) -> Answer:
        return Answer(409, {"message": "pull request already exists for these targets", "url": ""})


def _missing(what: str) -> Answer:
    return Answer(404, {"message": what, "errors": [], "url": ""})
