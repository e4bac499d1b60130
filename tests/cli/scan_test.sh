#!/bin/sh
# scan_test.sh WEIR PACKS SARIF_SHAPE: `weir scan` on JSON, as SARIF, with
# --redact, over folders and lists of files, in TAP.
. "$(dirname "$0")/tap.sh"
shape=$(whole "$3")
cd "$dir" || exit 1

scan()
{
    "$weir" scan --pack cn/personal-information "$@"
}

# --- names of persons in source code ---
echo '/* written by John Smith, 13812345678 */' > n.c
cp n.c n.txt
found()
{
    "$weir" scan "$@" | sed 's/^[^ ]* //; s/ .*//' | sort | tr '\n' ' '
}
check "names: not in source code" "$(found n.c)" 'cn_mobile '
check "names: in other text" "$(found n.txt)" 'cn_mobile person_name '
check "names: always" "$(found --names always n.c)" 'cn_mobile person_name '
check "names: never" "$(found --names=never n.txt)" 'cn_mobile '
check "names: asked for by type" "$(found --type person_name n.c)" \
    'person_name '
check "names: asked for by pack" \
    "$(found --pack common/person-names n.c)" 'person_name '
check "names: with all packs by name" "$(found --pack all n.c)" 'cn_mobile '
check "names: from standard input" "$(found - < n.c)" \
    'cn_mobile person_name '

# --- JSON ---
cat > a.json <<'END'
{"user": {"phone": "13812345678", "n": 13812345678, "short": 123456,
  "odd key": ["x", "中 a@example.com \u4e2d \ud83d\ude00 138\u00312345678"]},
 "13912345678": {"b": [[], {"c": "a@example.com"}]}, "e": -1.5e3, "t": true}
END
scan --show a.json > out
check "JSON: exit" $? 1
check "JSON: paths, numbers, escapes read" "$(cat out)" \
'a.json:1:21 cn_mobile "13812345678" cn/personal-information/mobile $.user.phone
a.json:1:40 cn_mobile "13812345678" cn/personal-information/mobile $.user.n
a.json:2:23 email "a@example.com" cn/personal-information/email $.user["odd key"][1]
a.json:2:57 cn_mobile "13812345678" cn/personal-information/mobile $.user["odd key"][1]
a.json:3:35 email "a@example.com" cn/personal-information/email $["13912345678"].b[1].c'
scan --json a.json | sed -n 4p > out
check "JSON: places in the file and in the value" \
    "$(sed 's/"score":[0-9]*/"score":0/' out)" \
'{"path":"a.json","type":"cn_mobile","rule":"cn/personal-information/mobile","start":125,"end":141,"score":0,"line":2,"column":57,"json_path":"$.user[\"odd key\"][1]","value_start":20,"value_end":31}'
check "JSON: keys are not scanned" "$(scan a.json | grep -c '(key)')" 0
check "JSON: with --keys they are" "$(scan --keys a.json | grep '(key)')" \
    'a.json:3:3 cn_mobile "139****78" cn/personal-information/mobile $ (key)'
check "JSON: as text there are no paths" \
    "$(scan --as text a.json | grep -c '\$')" 0
scan --redact a.json > red.json
check "redact JSON: exit" $? 1
check "redact JSON: only the findings change" "$(cat red.json)" \
'{"user": {"phone": "[mobile]", "n": "[mobile]", "short": 123456,
  "odd key": ["x", "中 [e-mail] \u4e2d \ud83d\ude00 [mobile]"]},
 "13912345678": {"b": [[], {"c": "[e-mail]"}]}, "e": -1.5e3, "t": true}'
node -e 'JSON.parse(require("fs").readFileSync("red.json", "utf8"))'
check "redact JSON: still JSON" $? 0
scan red.json > out
check "redact JSON: nothing left to find" "$?$(cat out)" 0
printf '\357\273\277[1, "a@example.com", // 13812345678\n2]' > broken.json
scan broken.json > out 2> err
check "broken JSON: the rest as text" "$(cut -d' ' -f1,2,5 out)" \
'broken.json:1:7 email $[1]
broken.json:1:26 cn_mobile'
check "broken JSON: said" "$(cat err)" "weir scan: broken.json: not JSON at \
line 1; read as text from there"
cat > l.jsonl <<'END'
{"a":"13812345678"}
no json 13812345678

{"b":["a@example.com"]}
{"b":["b@example.com"
{"b":["c@example.com"]}
"d@example.com"
13812345678
END
scan l.jsonl 2> err > out
check "JSON Lines: each line by itself" "$(cut -d' ' -f1,2,5 out)" \
'l.jsonl:1:7 cn_mobile $.a
l.jsonl:2:9 cn_mobile
l.jsonl:4:8 email $.b[0]
l.jsonl:5:8 email $.b[0]
l.jsonl:6:8 email $.b[0]
l.jsonl:7:2 email $
l.jsonl:8:1 cn_mobile $'
check "standard input as JSON" \
    "$(echo '["a@example.com"]' | scan --as json | cut -d' ' -f1,5)" \
    '-:1:3 $[0]'

# --- SARIF ---
mkdir -p 'odd dir'
cp a.json 'odd dir/中 a.json'
scan -q --sarif 'odd dir' a.json > out.sarif 2> err
check "SARIF: exit" $? 1
check "SARIF: shape" "$(node "$shape" out.sarif 2>&1)" ""
check "SARIF: no secret in it" "$(grep -c 13812345678 out.sarif)" 0
echo nothing > plain
scan --format=sarif plain > none.sarif
check "SARIF: nothing found is a whole document" \
"$(node -e 'console.log(JSON.parse(require("fs").readFileSync(
    "none.sarif", "utf8")).runs[0].results.length)')" 0

# --- redact ---
printf 'a@example.com,b\377@x 13812345678\r\nrest' > t.txt
scan --redact t.txt > out
check "redact text: all else byte for byte" "$(od -An -c out)" \
    "$(printf '[e-mail],b\377@x [mobile]\r\nrest' | od -An -c)"
scan --redact -o copy.txt t.txt > out
check "redact -o: the same into a file" "$(od -An -c copy.txt)" \
    "$(printf '[e-mail],b\377@x [mobile]\r\nrest' | od -An -c)"
check "redact -o: findings are listed" "$(wc -l < out | tr -d ' ')" 2
scan --redact --lang zh t.txt | head -c 8 > out
check "redact: marks in Chinese" "$(cat out)" "[邮箱]"
chmod 640 t.txt
cp -p plain before
ln -s t.txt link.txt
scan --redact --in-place link.txt plain > out 2> err
check "redact in place: exit" $? 1
check "redact in place: the file, not its link" \
    "$(head -c 8 t.txt)$(readlink link.txt)" "[e-mail]t.txt"
check "redact in place: mode kept" "$(stat -c %a t.txt)" 640
check "redact in place: no other file, none left over" \
    "$(ls | grep -c weir-)$(cmp plain before && echo same)" 0same
scan --redact --in-place t.txt > out
check "redact twice: nothing to do" "$?$(cat out)" 0
printf 'a@example.com\0' > binary
scan --redact binary > out 2> err
check "redact: a binary cannot be copied" $? 2
scan --redact t.txt plain > out 2> err
check "redact: several files need --in-place" $? 2

# --- folders and lists ---
mkdir -p tree/node_modules/m tree/src/deep
echo a@example.com | tee tree/node_modules/m/a tree/src/a.c \
    tree/src/a.log tree/src/deep/keep.log tree/top.txt > tree/src/deep/b.c
ln -s .. tree/src/up
paths()
{
    scan -q "$@" tree | cut -d: -f1 | tr '\n' ' '
}
check "a loop of links ends" "$(paths | wc -w)" 6
check "exclude by name, folder, path, and back" \
    "$(paths --exclude '*.log' --exclude '!keep.log' \
        --exclude node_modules/ --exclude '/top.*' --exclude 'src/**/b.c')" \
    "tree/src/a.c tree/src/deep/keep.log "
printf 'tree/top.txt\ntree/src/a.c\n' > list
check "files from a list" \
    "$(scan --files-from list | cut -d: -f1 | tr '\n' ' ')" \
    "tree/top.txt tree/src/a.c "
check "files from standard input, NUL between" \
    "$(printf 'tree/top.txt\0' | scan --files-from - | cut -d: -f1)" \
    tree/top.txt
scan --max-size 10 tree/top.txt > out 2> err
check "max-size: passed over and said" "$?$(cat out err)" \
    "0weir scan: tree/top.txt: larger than --max-size, not scanned"
check "type: only this" \
    "$(scan --type cn_mobile a.json | cut -d' ' -f2 | sort -u)" cn_mobile
scan --type mobil a.json > out 2> err
check "type: unknown" $? 2
"$weir" scan --pack all -q tree > out
check "all packs by name" $? 1
check "the rules as a list" \
    "$(scan --list | grep -c '^cn_mobile  *cn/personal-information/mobile')" 1
scan -j 1 tree a.json l.jsonl > one 2> err
scan -j 8 tree a.json l.jsonl > eight 2> err
check "threads do not change the output" "$(cmp one eight && echo same)" same
if [ "$(id -u)" -ne 0 ]; then
    chmod 0 tree/top.txt
    scan tree > out 2> err
    check "an unreadable file is an error" $? 2
fi

# --- the git hook ---
hook=$(dirname "$shape")/../../share/pre-commit
mkdir bin repo
ln -s "$weir" bin/weir
(
    cd repo && git init -q . && git config user.email t@example.invalid &&
    git config user.name t && cp "$hook" .git/hooks/pre-commit &&
    chmod +x .git/hooks/pre-commit &&
    echo 'call 13812345678' > 'a b.txt' && echo clean > c.txt && git add .
) > out 2>&1
(cd repo && PATH=$dir/bin:$PATH git commit -qm x) > out 2>&1
check "hook: refuses staged data" "$?$(grep -c '^./a b.txt:1:6 cn_mobile' out)" 11
(cd repo && echo clean > 'a b.txt' && git add . &&
    echo 'call 13812345678' > 'a b.txt' &&
    PATH=$dir/bin:$PATH git commit -qm x) > out 2>&1
check "hook: looks at what is staged, not at the working tree" $? 0

# --- memory does not grow with the file ---
awk 'BEGIN { for (i = 0; i < 300000; i++)
    printf "{\"n\":%d,\"text\":\"%s %d a@example.com\"}\n", i,
        "lorem ipsum dolor sit amet consectetur adipiscing elit", i }' \
    > big.jsonl
cp big.jsonl big.txt
# The sanitizers' shadow memory needs more address space than there is.
limit()
{
    grep -q __asan_init "$weir" || ulimit -v 300000
}
for file in big.jsonl big.txt; do
    (limit; scan -j 1 --redact "$file" | wc -c) > out
    check "$file: redacted as a whole" "$(cat out)" \
        "$(sed 's/a@example.com/[e-mail]/' "$file" | wc -c)"
done
(limit; scan -j 1 big.jsonl | wc -l | tr -d ' ') > out
check "300,000 findings within 300 MB of address space" "$(cat out)" 300000

done_testing
