#!/bin/sh
# verbs_test.sh WEIR PACKS: `weir scan`, `explain` and `check` as a user runs
# them, in TAP.
. "$(dirname "$0")/tap.sh"
cd "$dir" || exit 1

# --- scan ---
printf 'nothing here\n' > plain.txt
printf '请联系 13812345678 王女士\nor a@example.com\n' > pi.txt

"$weir" scan plain.txt > out 2> err
check "nothing found: exit" $? 0
check "nothing found: output" "$(cat out err)" ""
"$weir" scan pi.txt > out
check "found: exit" $? 1
check "found: lines" "$(cat out)" \
'pi.txt:1:5 cn_mobile "138****78" cn/personal-information/mobile
pi.txt:1:17 person_name "王****" common/person-names/name
pi.txt:2:4 email "a@e****om" cn/personal-information/email'
"$weir" scan --json --pack cn/personal-information - < pi.txt > out
check "standard input, JSON, code points" \
"$(sed 's/,"score":[0-9]*,"line":[0-9]*,"column":[0-9]*}$//' out)" \
'{"path":"-","type":"cn_mobile","rule":"cn/personal-information/mobile","start":4,"end":15
{"path":"-","type":"email","rule":"cn/personal-information/email","start":23,"end":36'
"$weir" scan < pi.txt > out
check "no path is standard input" "$(wc -l < out | tr -d ' ')" 3
"$weir" scan --pack common/secrets pi.txt > out
check "another pack finds nothing" $? 0
"$weir" scan --min-score 1000 --pack cn/personal-information pi.txt > out
check "a score that nothing reaches" $? 0
"$weir" scan --pack cn/none pi.txt > out 2> err
check "an unknown pack" $? 2
"$weir" scan no-such-file pi.txt > out 2> err
check "a missing file is an error" $? 2
check "... and the others are scanned" "$(wc -l < out | tr -d ' ')" 3
"$weir" scan --wrong > out 2> err
check "an unknown option" $? 2
printf 'a@example.com\0' > binary
"$weir" scan binary > out 2> err
check "a binary file is not scanned: exit" $? 0
holds "a binary file is not scanned: said" "$(cat err)" "binary: binary, not scanned"

mkdir -p tree/.git tree/b/c
cp pi.txt tree/.git/x
cp pi.txt tree/b/c/x
cp pi.txt tree/a
ln -s ../pi.txt tree/link
"$weir" scan tree > out
check "a folder: no .git, no links, sorted" "$(cut -d: -f1 out | uniq)" \
'tree/a
tree/b/c/x'

# A number every 1,009 characters of three bytes, across all chunk edges.
awk 'BEGIN { for (i = 0; i < 500; i++) {
    for (k = 0; k < 998; k++) printf "山"; printf "13812345678" } }' > big
"$weir" scan --json --pack cn/personal-information big > out
check "a big file: all found" "$(wc -l < out | tr -d ' ')" 500
check "a big file: each in its place" "$(awk -F'[:,]' '
    { if ($8 != (NR - 1) * 1009 + 998 || $10 != NR * 1009) bad++ }
    END { print bad + 0 }' out)" 0

# --- explain ---
"$weir" explain --pack cn/personal-information 'call 13812345678' > out
check "explain: exit" $? 0
text=$(cat out)
holds "explain: rule" "$text" "cn/personal-information/mobile: Mobile phone number"
holds "explain: article, date, verified" "$text" \
    "PIPL Art. 6 (in force since 2021-11-01, verified at the source)"
holds "explain: Chinese" "$text" "《个人信息保护法》第六条（施行于 2021-11-01，已与官方文本核对）"
holds "explain: result" "$text" "call <MOBILE_1>"
"$weir" explain --lang en --as response --pack cn/personal-information \
    'call 13812345678' > out
holds "explain: answer" "$(cat out)" "call [mobile]"
"$weir" explain --scenario s x > out 2> err
check "explain: no snapshot" $? 2

# --- check ---
cat > register.yaml <<'END'
kind: Upstream
name: demo
url: http://127.0.0.1:8642
protocol: openai
---
kind: Model
name: demo
upstreams: [demo]
---
kind: Scenario
name: hotline
title: {en: Hotline, zh: 热线}
jurisdictions: [cn]
ordinances: [cn/personal-information]
observe: [cn/personal-information/mobile]
models: [demo]
state: admitted
END
"$weir" check register.yaml > out 2> err
check "check: good" "$?$(cat err)" 0
sed 's/upstreams/upstream/' register.yaml > bad.yaml
"$weir" check bad.yaml > out 2> err
check "check: bad" $? 1
holds "check: place and sentence" "$(cat err)" \
"bad.yaml:8:1: error: unknown field \`upstream\` in Model; did you mean \`upstreams\`?"
"$weir" check no-such-file > out 2> err
check "check: unreadable" $? 2
"$weir" check > out 2> err
check "check: shipped packs" "$?$(cat err)" 0
"$weir" explain --file register.yaml --scenario hotline --lang en \
    'call 13812345678' > out
holds "explain: of a register file, observed" "$(cat out)" \
"observe (the scenario only observes this rule; of itself it would pseudonymise)"
"$weir" explain --file register.yaml --scenario hotlin x > out 2> err
holds "explain: near name" "$(cat err)" 'did you mean `hotline`?'

done_testing
