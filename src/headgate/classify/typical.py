"""What known work takes as a rule, in seconds: for the estimate only, never for a class.

The figures are our own rough ones, for a middling project on a developer's machine with a warm network: right to within
a factor of three or so, for a person who wants to know whether to wait or to go for coffee. This project's own history
takes their place as soon as there is some. What has no usual time (`pytest`, `make`, `npm run`) is not here.
"""

_TABLE = """
    15: npm uninstall, pnpm install, pnpm add, pnpm i, bun install, bun add, pip install, pip3 install, uv sync, uv add
    15: uv pip install, uv lock, yarn add, npm publish, twine upload, brew update, brew uninstall, npm audit fix
    20: git clone, apt-get update, apt update, apk add, bundle install, composer install, composer update, gem install
    20: poetry install, poetry update, poetry add, pipx install, go mod download, docker-compose pull, kubectl apply
    30: npm install, npm i, npm ci, npm add, npm update, yarn, yarn install, yarn --immutable, terraform init, yarn up
    30: terraform plan, tofu init, tofu plan, pulumi preview, docker pull, podman pull, docker push, podman push
    30: helm upgrade, helm install, docker compose pull, docker compose up, docker-compose up, cargo fetch
    30: dnf check-update, go build, go install, dotnet restore, kubectl rollout status, helmfile apply, wrangler deploy
    60: apt-get install, apt install, apt-get remove, apt remove, dnf install, yum install, zypper install, pacman -S
    60: brew install, cargo build, cargo test, cargo clippy, cargo check, dotnet build, dotnet publish, gradle build
    60: conda install, mamba install, mvn package, mvn install, mvn test, pulumi up, vercel deploy
    60: vercel --prod, netlify deploy, serverless deploy, sls deploy, brew upgrade, playwright install, cargo install
    120: docker build, docker buildx build, docker image build, podman build, buildah bud, buildah build
    120: nerdctl build, vagrant up
    120: docker compose build, docker-compose build, terraform apply, terraform destroy, tofu apply, tofu destroy
    120: cargo build --release, cargo install --path, conda create, conda env create, fly deploy, cdk deploy
    120: flyctl deploy
    120: sam deploy, sam build, gcloud run deploy, gcloud app deploy, eb deploy, apt-get upgrade, apt upgrade
    120: apt-get dist-upgrade, apt full-upgrade, apt-get full-upgrade, dnf upgrade, dnf update, yum update, pacman -Syu
    180: packer build, kamal deploy, cap production deploy, bazel build, bazel test, ionic build, flutter build
    600: aws cloudformation wait, eksctl create cluster, gcloud container clusters create, do-release-upgrade
"""

_TABLE_OF: dict[str, list[tuple[tuple[str, ...], frozenset[str], float]]] = {}
"""A program to its entries: words in their order, options anywhere, seconds."""

TIMED: dict[str, set[str]] = {}
"""The programs of the table, each with the words of which one is in every entry but the empty one."""

for _line in _TABLE.strip().splitlines():
    _seconds, _, _entries = _line.partition(":")
    for _entry in _entries.split(","):
        _name, *_rest = _entry.split()
        _plain = tuple(word for word in _rest if not word.startswith("-"))
        TIMED.setdefault(_name, set()).update(_rest[:1])
        _TABLE_OF.setdefault(_name, []).append((_plain, frozenset(_rest) - {*_plain}, float(_seconds)))

_SHOWS = frozenset({"--help", "-h", "help", "--version", "--dry-run", "-V"})


def typical(program: str, words: tuple[str, ...]) -> float:
    """Return the seconds that *program* with *words* takes as a rule; 0 where there is no rule."""
    first = TIMED.get(program)
    if first is None or (words and first.isdisjoint(words)) or not _SHOWS.isdisjoint(words):
        return 0.0
    plain = tuple(word for word in words if not word.startswith("-"))
    fitting = [
        (len(verbs) + len(options), seconds)
        for verbs, options, seconds in _TABLE_OF[program]
        if plain[: len(verbs)] == verbs and options.issubset(words) and (verbs or options or not plain)
    ]
    return max(fitting)[1] if fitting else 0.0
