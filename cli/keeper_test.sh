#!/bin/bash
# keeper_test.sh WEIR PACKS: a real keeper on a state folder and a port of its
# own: apply, get, export, delete, keys, the HTTP guards, kill -9. TAP.
set -u
weir=$1
packs=$2
state=$(mktemp -d /tmp/weir-keeper-XXXXXX)
work=$(mktemp -d /tmp/weir-keeper-XXXXXX)
n=0
failed=0

W() { "$weir" --state "$state" "$@"; }
pid() { cat "$state/keeper.pid"; }
# Its lock says that it is gone; a process that init has not yet reaped would
# still answer to kill -0.
gone() {
    for _ in $(seq 200); do
        [ -e "$state/keeper.pid" ] || return 0
        # Opened for reading: flock FILE would make the file that went.
        { { flock -n 9; } 9< "$state/keeper.pid"; } 2> /dev/null && return 0
        sleep 0.02
    done
    return 1
}
stop() {
    [ -e "$state/keeper.pid" ] || return 0
    kill "${1:--TERM}" "$(pid)" 2>/dev/null
    gone
}
start() { W keeper --packs "$packs" --listen 127.0.0.1:0 "$@"; }
trap 'stop -KILL; rm -rf "$state" "$work"' EXIT

ok() {          # ok NAME COMMAND...: the command succeeds
    local name=$1
    shift
    n=$((n + 1))
    if "$@" > "$work/out" 2> "$work/err"; then
        echo "ok $n - $name"
    else
        failed=$((failed + 1))
        echo "not ok $n - $name"
        sed 's/^/# /' "$work/out" "$work/err"
    fi
}
code() {        # code N COMMAND...: exits with N
    local want=$1 got
    shift
    "$@"
    got=$?
    [ "$got" = "$want" ] || { echo "exit code $got, not $want"; return 1; }
}
has() {         # has TEXT COMMAND...: its output (both) holds TEXT
    local text=$1 out
    shift
    out=$("$@" 2>&1)
    [[ $out == *"$text"* ]] || { echo "$out"; echo "lacks: $text"; return 1; }
}
same() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }; }
token() { cat "$state/admin.token"; }
http() {        # http METHOD PATH [curl options]: status code
    local method=$1 path=$2
    shift 2
    curl -s -o "$work/body" -w '%{http_code}' --noproxy '*' -X "$method" "$@" \
        "http://$(cat "$state/admin.address")$path"
}
authed() { http "$@" -H "Authorization: Bearer $(token)"; }
mode() { stat -c %a "$state/$1"; }

cat > "$work/a.yaml" <<'Y'
kind: Upstream
name: demo
url: http://127.0.0.1:8642
protocol: openai
region: cn-sz
---
kind: Model
name: demo
upstreams: [demo]
price: {unit: CNY, per: 1M, input: "2.00", output: "8.00"}
---
kind: Model
name: org/model-7b
upstreams: [demo]
---
kind: Fund
name: pilot
unit: CNY
amount: "1000.00"
---
kind: Scenario
name: hotline
title: {zh: 市民热线助手, en: Citizen hotline assistant}
jurisdictions: [cn]
models: [demo]
grant: {fund: pilot, amount: "10.00", per: month}
state: admitted
Y
printf 'kind: Model\nname: bad\nupstreams: [demo]\nprize: 1\n' > "$work/field.yaml"
printf 'kind: Model\nname: x\nupstreams: [demo]\n---\nkind: Model\nname: y\nupstreams: [nowhere]\n' > "$work/ref.yaml"
printf 'kind: Model\nname: x\n y: [\n' > "$work/yaml.yaml"

ok "without a keeper: a clear message" \
    has "the keeper is not running" W get funds
ok "and exit code 2" code 2 W get funds
ok "the keeper starts and detaches" start
ok "a second one does not" code 2 start
ok "it says who runs" has "process $(pid)" start
for f in admin.token weir.db account keeper.pid log/keeper.log; do
    ok "$f is 0600" same "$(mode $f)" 600
done
ok "an empty register exports nothing" same "$(W export)" ""

ok "apply creates" has "Scenario hotline created" W apply -f "$work/a.yaml"
ok "apply again changes nothing" \
    has "Scenario hotline unchanged" W apply -f "$work/a.yaml"
ok "one snapshot for one change" same "$(readlink "$state/snapshot/current")" 2.wsn
ok "apply -f - reads standard input" code 0 W apply -f - < "$work/a.yaml"
ok "an unknown field: file, line and column" \
    has "field.yaml:4:1: " W apply -f "$work/field.yaml"
ok "exit code 1" code 1 W apply -f "$work/field.yaml"
ok "a bad reference: its document" has "ref.yaml:5:" W apply -f "$work/ref.yaml"
ok "nothing of it is applied" code 1 W get model x
ok "broken YAML" has "yaml.yaml:3:" W apply -f "$work/yaml.yaml"
ok "no file" code 2 W apply -f "$work/none.yaml"
ok "wrong usage" code 2 W apply
ok "no snapshot came of it" same "$(readlink "$state/snapshot/current")" 2.wsn

ok "get: a table" has "1000.00  10.00    0.00   0.00" W get funds
ok "get: one as YAML" has 'amount: "1000.00"' W get fund pilot -o yaml
ok "get: one as JSON" has '"granted": "10.00"' W get Fund pilot -o json
ok "get: a name with a slash" has 'org/model-7b' W get model org/model-7b
ok "get: unknown name" code 1 W get fund nobody
ok "get: unknown kind" code 1 W get fnud
ok "help of a verb" has "usage: weir get" W get --help
ok "a slip of the hand" has "did you mean 'apply'" W aply
ok "version" has "weir " W --version

W export > "$work/export.yaml"
ok "export goes in again and changes nothing" \
    has "Model org/model-7b unchanged" W apply -f "$work/export.yaml"
ok "not one is changed" code 1 grep -E 'created|changed$' <(W apply -f "$work/export.yaml" | grep -v unchanged)

sed 's/^models: /ordinances: [local\/words]\n&/; /^kind: Scenario/,$!d' \
    "$work/a.yaml" > "$work/named.yaml"
cat > "$work/words.yaml" <<'Y'
kind: Ordinance
name: local/words
title: {en: Words of the house, zh: 本单位词条}
version: "1"
jurisdiction: cn
as_of: 2026-11-24
law:
  house: {en: House rule 1, zh: 内部规定第一条, verified: true}
lists:
  l: {terms: [quuxword, 夸克斯词, "true"], allow: [no quuxword]}
rules:
  - id: words
    title: {en: Words, zh: 词条}
    law: [house]
    find: {list: l, edges: auto}
    action: deny
Y
sed 's/terms: .*/file: l.txt}/' "$work/words.yaml" > "$work/file.yaml"
sed 's/list: l/list: k/' "$work/words.yaml" > "$work/list.yaml"
sed 's/: local\/words/: common\/secrets/' "$work/words.yaml" > "$work/law.yaml"
ok "ordinance: a scenario cannot name what is not there" \
    has "unknown ordinance" W apply -f "$work/named.yaml"
ok "ordinance: a list in a file is refused, with its place" \
    has "file.yaml:10:13: an Ordinance has its words in" W apply -f "$work/file.yaml"
ok "ordinance: an unknown list, with its place" \
    has "list.yaml:15:18: unknown list" W apply -f "$work/list.yaml"
ok "ordinance: not in the place of a shipped pack" \
    has "law.yaml:1:1: Ordinance" W apply -f "$work/law.yaml"
ok "ordinance: created" \
    has "Ordinance local/words created" W apply -f "$work/words.yaml"
ok "ordinance: unchanged" \
    has "Ordinance local/words unchanged" W apply -f "$work/words.yaml"
ok "ordinance: named" has "Scenario hotline changed" W apply -f "$work/named.yaml"
ok "ordinance: in the table" \
    has "local/words  1        cn            2026-11-24" W get ordinances
ok "ordinance: as YAML" \
    has 'terms: [quuxword, 夸克斯词, "true"]' W get ordinance local/words -o yaml
ok "ordinance: as JSON" has '"verified": true' W get ordinance local/words -o json
W export > "$work/export.yaml"
ok "ordinance: export goes in again" \
    has "Ordinance local/words unchanged" W apply -f "$work/export.yaml"
ok "ordinance: check reads what was exported" \
    has "good" W check "$work/export.yaml"
ok "ordinance: explain names the article" \
    has "House rule 1" W explain --scenario hotline --as request "a quuxword"
ok "ordinance: explain from a file" \
    has "House rule 1" W explain --scenario hotline --as request \
    --file "$work/export.yaml" "a quuxword"
ok "ordinance: scan takes its file" \
    has "local/words/words" code 1 W scan --pack "$work/words.yaml" - \
    <<< "a quuxword"
ok "ordinance: delete refused while a scenario names it" \
    has "Ordinance local/words is still used by Scenario hotline" \
    W delete ordinance local/words
ok "ordinance: exit code 1" code 1 W delete ordinance local/words
ok "ordinance: the scenario without it" \
    has "Scenario hotline changed" W apply -f "$work/a.yaml"
ok "ordinance: deleted" code 0 W delete ordinance local/words
ok "ordinance: gone" code 1 W get ordinance local/words
{
    sed '/^lists:/,$d' "$work/words.yaml"
    printf 'lists:\n  l:\n    terms:\n'
    seq -f '      - quux%06.0fword' 100000
    sed -n '/^rules:/,$p' "$work/words.yaml"
} > "$work/many.yaml"
ok "ordinance: 100,000 terms" \
    has "Ordinance local/words created" W apply -f "$work/many.yaml"
ok "ordinance: in force" has "Scenario hotline changed" W apply -f "$work/named.yaml"
ok "ordinance: 100,000 terms find" has "House rule 1" \
    W explain --scenario hotline --as request "a quux077777word"
W export > "$work/export.yaml"
ok "ordinance: 100,000 terms go in again" \
    has "Ordinance local/words unchanged" W apply -f "$work/export.yaml"
ok "ordinance: the scenario without them" \
    has "Scenario hotline changed" W apply -f "$work/a.yaml"
ok "ordinance: deleted" code 0 W delete ordinance local/words

ok "delete: refused while referenced" \
    has "still used by Scenario hotline" W delete fund pilot
ok "exit code 1" code 1 W delete model demo
ok "upstream too" has "still used by Model demo" W delete upstream demo
ok "delete what nobody needs" code 0 W delete model org/model-7b
ok "it is gone" code 1 W get model org/model-7b

key=$(W key new hotline 2> "$work/keyerr")
ok "a key alone on standard output" \
    grep -qxE 'weir_[A-Za-z0-9_-]{43}' <(echo "$key")
ok "the key is nowhere in the state folder" \
    code 1 grep -rqF "$key" "$state"
ok "of no scenario: refused" code 1 W key new nobody
ok "with a past date: refused" code 1 W key new hotline --until 2001-01-01
ok "with no date: refused" code 1 W key new hotline --until tomorrow
ok "30 February" code 1 W key new hotline --until 2099-02-30
ok "with a date" code 0 W key new hotline --until 2099-12-31
ok "it holds to the end of that day" has "2100-01-01T00:00:00Z" W key list
id=$(W key list | awk '$2 == "hotline" && $4 == "-" {print $1}')
ok "a scenario with a key stays" has "still used by Key $id" W delete scenario hotline
ok "revoke" has "key $id revoked" W key revoke "$id"
ok "once" code 1 W key revoke "$id"
ok "listed as revoked" has "revoked" W key list

ok "no token: 401" same "$(http GET /api/v1/status)" 401
ok "a wrong token: 401" \
    same "$(http GET /metrics -H 'Authorization: Bearer weir')" 401
ok "another Host: 421" \
    same "$(authed GET /api/v1/status -H 'Host: rebound.example')" 421
ok "localhost is one of ours" \
    same "$(authed GET /api/v1/status -H 'Host: localhost:1')" 200
ok "metrics" same "$(authed GET /metrics)" 200
ok "with the limit of the grant" \
    grep -q 'weir_grant_limit{scenario="hotline",fund="pilot",unit="CNY"} 10.00' "$work/body"
ok "unknown path: 404" same "$(authed GET /api/v1/nothing)" 404
ok "wrong method: 405" same "$(authed PUT /api/v1/apply)" 405
head -c 70000 /dev/zero | tr '\0' ' ' > "$work/big"
ok "a large body for a key: 413" \
    same "$(authed POST /api/v1/keys --data-binary @"$work/big")" 413
head -c 34000000 /dev/zero | tr '\0' ' ' > "$work/big"
ok "a huge register: 413" \
    same "$(authed POST /api/v1/apply --data-binary @"$work/big")" 413
ok "no JSON for a key: 400" same "$(authed POST /api/v1/keys -d '{')" 400
authed POST '/api/v1/apply?file=z.yaml' --data-binary @"$work/field.yaml" > /dev/null
ok "an error has its place" grep -q '"line": 4' "$work/body"
ok "publish compiles anew" same "$(authed POST /api/v1/publish)" 200

before=$(readlink "$state/snapshot/current")
stop -KILL
ok "after kill -9 it starts again" start
ok "with the same snapshot" same "$(readlink "$state/snapshot/current")" "$before"
ok "and the same register" has "hotline" W get scenarios
stop -KILL
printf x | dd of="$state/snapshot/$before" bs=1 seek=100 conv=notrunc 2> /dev/null
ok "a damaged snapshot is compiled anew" start
ok "under a new number" code 1 same "$(readlink "$state/snapshot/current")" "$before"
for i in 1 2 3 4; do
    printf 'kind: Fund\nname: f%s\nunit: CNY\namount: "1"\n' $i | W apply -f - > /dev/null &
    sleep 0.0$i
    stop -KILL
    wait $!
    start
done 2> "$work/err"
ok "killed in the middle of applies: all or nothing" \
    code 0 W apply -f "$work/a.yaml"
ok "three snapshots are kept" \
    test "$(ls "$state/snapshot" | grep -c 'wsn$')" -le 4

mv "$state/log/keeper.log" "$state/log/keeper.log.1"
kill -HUP "$(pid)"
for _ in $(seq 40); do [ -s "$state/log/keeper.log" ] && break; sleep 0.05; done
ok "SIGHUP opens the log anew" test -s "$state/log/keeper.log"
ok "SIGTERM ends it" stop
ok "cleanly" grep -q "keeper stops" "$state/log/keeper.log"
ok "no pid file is left" code 1 test -e "$state/keeper.pid"

rm -rf "$state"
ok "a broken --init does not start" code 2 start --init "$work/field.yaml"
ok "and says where" has "field.yaml:4:1" start --init "$work/field.yaml"
ok "a good one after it fills an empty register" start --init "$work/a.yaml"
ok "it is there" has "hotline" W get scenarios
W delete scenario hotline > /dev/null
stop
ok "what was deleted does not come back by --init" start --init "$work/a.yaml"
ok "it is gone" code 1 W get scenario hotline
stop

if [ "$(id -u)" = 0 ]; then     # below a folder that only root may enter
    kept=$state
    state=$work/state
    cp -R "$packs" "$work/packs"
    chmod -R go+rX "$work/packs"
    sed '/^jurisdictions/a ordinances: [cn/personal-information]' \
        "$work/a.yaml" > "$work/law.yaml"
    ok "another user serves where only root gets in" \
        W keeper --packs "$work/packs" --listen 127.0.0.1:0 --user nobody \
        --init "$work/law.yaml"
    ok "under its ordinances" has "cn/personal-information" \
        W get scenario hotline -o yaml
    stop
    chmod 700 "$work/packs"
    ok "packs that he may not read: said" has "may not read it" \
        W keeper --packs "$work/packs" --listen 127.0.0.1:0 --user nobody
    state=$kept
fi

echo "1..$n"
[ "$failed" = 0 ]
