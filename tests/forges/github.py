"""GitHub's API, as far as we use it: what it takes, its status codes, and the shapes of its answers."""

from typing import Any

from tests.forges import REPOSITORY, TOKEN, WHERE, Answer, Asked, Commit, Forge

_ERRORS = "https://docs.github.com/rest"


class GitHub(Forge):
    """The repository at GitHub, with the discussion categories `general` and `ideas`."""

    kind = "github"
    pull_page = "pull"
    authorization = f"Bearer {TOKEN}"
    routes = [  # noqa: RUF012 (declared a class variable by its base)
        ("POST", f"{WHERE}/issues", "create_issue"),
        ("POST", "/graphql", "graphql"),
        ("GET", f"{WHERE}/branches/(?P<branch>[^/]+)", "get_branch"),
        ("GET", f"{WHERE}/contents/(?P<path>.+)", "get_contents"),
        ("POST", f"{WHERE}/git/trees", "create_tree"),
        ("POST", f"{WHERE}/git/commits", "create_commit"),
        ("POST", f"{WHERE}/git/refs", "create_ref"),
        ("DELETE", f"{WHERE}/git/refs/heads/(?P<branch>.+)", "delete_ref"),
        ("POST", f"{WHERE}/pulls", "create_pull"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.trees: dict[str, dict[str, str]] = {}

    def answer(self, asked: Asked) -> Answer:
        # GitHub refuses programs that do not say what they are.
        if not asked.headers.get("user-agent"):
            return Answer(403, {"message": "Request forbidden by administrative rules."})
        return super().answer(asked)

    def create_issue(self, asked: Asked) -> Answer:
        if not asked.body.get("title", "").strip() or len(asked.body["body"]) > 65_536:
            return _invalid("Issue", "title or body")
        if "nobody" in asked.body.get("assignees", ()):
            return _invalid("Issue", "assignees")
        number = len(self.issues) + 1
        made = {
            "id": 1_000_000 + number,
            "node_id": f"I_{number}",
            "number": number,
            "title": asked.body["title"],
            "body": asked.body["body"],
            "state": "open",
            "labels": asked.body.get("labels", []),
            "assignees": asked.body.get("assignees", []),
            "url": f"https://api.forge.example{WHERE}/issues/{number}",
            "html_url": self.page_of("issues", number),
        }
        self.issues.append(made)
        return Answer(201, made)

    def graphql(self, asked: Asked) -> Answer:
        variables = asked.body["variables"]
        if asked.body["query"].startswith("query"):
            return self._repository(variables)
        if (variables["repository"], variables["category"]) != ("R_1", "DIC_general"):
            return _graphql_error("NOT_FOUND")
        number = len(self.discussions) + 1
        made = {"number": number, "title": variables["title"], "url": self.page_of("discussions", number)}
        self.discussions.append({**made, "body": variables["body"]})
        return Answer(200, {"data": {"createDiscussion": {"discussion": made}}})

    def _repository(self, variables: dict[str, str]) -> Answer:
        if f"{variables['owner']}/{variables['name']}" != REPOSITORY:
            return _graphql_error("NOT_FOUND", {"repository": None})
        known = variables["category"] in ("general", "ideas")
        category = {"id": f"DIC_{variables['category']}"} if known else None
        return Answer(200, {"data": {"repository": {"id": "R_1", "discussionCategory": category}}})

    def get_branch(self, asked: Asked, branch: str) -> Answer:
        if branch not in self.branches:
            return Answer(404, {"message": "Branch not found"})
        commit = self.commits[self.branches[branch]]
        details = {"message": commit.message, "author": commit.author, "tree": {"sha": self._tree(commit.files)}}
        return Answer(200, {"name": branch, "commit": {"sha": commit.id, "commit": details}, "protected": False})

    def get_contents(self, asked: Asked, path: str) -> Answer:
        files = self.commits[asked.path.rpartition("?ref=")[2]].files
        found = [{"type": "file", "path": name} for name in files if name == path or name.startswith(path + "/")]
        return Answer(200, found) if found else Answer(404, {"message": "Not Found"})

    def _tree(self, files: dict[str, str]) -> str:
        sha = Commit("tree", files).id
        self.trees[sha] = files
        return sha

    def create_tree(self, asked: Asked) -> Answer:
        files = dict(self.trees[asked.body["base_tree"]])
        for entry in asked.body["tree"]:
            assert (entry["mode"], entry["type"]) == ("100644", "blob")
            files[entry["path"]] = entry["content"]
        return Answer(201, {"sha": self._tree(files), "truncated": False})

    def create_commit(self, asked: Asked) -> Answer:
        assert all(parent in self.commits for parent in asked.body["parents"])
        author = asked.body.get("author", {"name": "bot", "email": "bot@forge.example"})
        commit = Commit(asked.body["message"], self.trees[asked.body["tree"]], author)
        return Answer(201, {"sha": self.add_commit(commit), "message": commit.message})

    def create_ref(self, asked: Asked) -> Answer:
        branch = asked.body["ref"].removeprefix("refs/heads/")
        if branch in self.branches:
            return Answer(422, {"message": "Reference already exists", "documentation_url": _ERRORS})
        if asked.body["sha"] not in self.commits:
            return Answer(422, {"message": "Object does not exist", "documentation_url": _ERRORS})
        self.branches[branch] = asked.body["sha"]
        return Answer(201, {"ref": asked.body["ref"], "object": {"type": "commit", "sha": asked.body["sha"]}})

    def delete_ref(self, asked: Asked, branch: str) -> Answer:
        if not self.remove_branch(branch):
            return Answer(422, {"message": "Reference does not exist", "documentation_url": _ERRORS})
        return Answer(204)

    def pull_lacks_branch(self) -> Answer:
        return _invalid("PullRequest", "head or base")

    def pull_exists(self, head: str) -> Answer:
        return _invalid("PullRequest", f"A pull request already exists for acme:{head}.")


def _invalid(resource: str, what: str) -> Answer:
    problem = {"resource": resource, "code": "custom", "message": what}
    return Answer(422, {"message": "Validation Failed", "errors": [problem], "documentation_url": _ERRORS})


def _graphql_error(kind: str, data: Any = None) -> Answer:
    return Answer(200, {"data": data, "errors": [{"type": kind, "message": "Could not resolve it."}]})
