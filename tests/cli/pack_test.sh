#!/bin/sh
# pack_test.sh WEIR PACKS: `weir pack import` and `weir pack check` as a user
# runs them, in TAP.
. "$(dirname "$0")/tap.sh"
cd "$dir" || exit 1

# --- text ---
printf '代办假证件\n高价收四件套\n' > good.txt
"$weir" pack import good.txt --name words > out 2> err
check "import: exit" "$?$(cat err)" 0
check "import: list" "$(cat words.txt)" "# words: written by weir pack import
代办假证件
高价收四件套"
holds "import: report" "$(cat out)" "words: 2 terms kept of 2; 0 bad lines"
holds "import: report, zh" "$(cat out)" "words：收入2条，共2条；无法读取的行0"

# --- CSV in GB18030, a pack, bad lines ---
printf '词条,分类,级别\r\n"代办,假证",诈骗,高\r\n坏,,\r\n代辦,假證,极高\r\n窗口,诈骗,0.5\r\n"說 ""是""",,3\r\n' |
    iconv -t GB18030 > gb.csv
"$weir" pack import gb.csv --category 诈骗=fraud --pack gb.yaml \
    --slot gbt45654:A.4-g --action redact > out 2> err
check "CSV: exit" "$?$(cat err)" 1
check "CSV: list" "$(sed 1d gb.txt | tr '\t' '|')" '代办,假证|900|fraud
窗口|500|fraud
說 "是"|3'
holds "CSV: coding" "$(cat out)" "gb.csv: GB18030, 4 terms"
holds "CSV: bad line" "$(cat out)" "gb.csv:4:7: no severity"
holds "CSV: too short" "$(cat out)" "gb.csv:3: 坏"
holds "CSV: ordinary text" "$(cat out)" "gb.csv:5: 窗口  "
"$weir" check gb.yaml > out 2> err
check "pack: good" "$?$(cat err)" 0
echo '我要代办,假证和窗口' > text
"$weir" scan --pack gb.yaml text > out
holds "pack: finds" "$(cat out)" "local/gb/gb"
"$weir" pack check gb.yaml --json > out
check "pack: counted, exit" $? 1
check "pack: counted in its slot" "$(tr -d ' \n' < out |
    grep -o '"slot":"A.4-g".*' | grep -o '"terms":[0-9]*' | head -n 1)" \
    '"terms":3'
"$weir" pack import gb.csv --benign-max 1 -o - 2> err |
    grep -c 窗口 > out
check "benign-max: left out" "$(cat out)" 0
"$weir" pack import gb.csv --json > out
holds "json: kind" "$(cat out)" '"too_short": ['
holds "json: excerpt" "$(cat out)" '"excerpt": "'
holds "json: place" "$(cat out)" '"column": 7'
"$weir" pack import gb.csv --benign text --all > out
holds "benign: of one's own" "$(cat out)" '窗口  '

# --- refusals ---
"$weir" pack import none.txt > out 2> err
check "no such file" $? 2
"$weir" pack import good.txt > out 2> err
check "not over its source" $? 2
printf '\377\200\n\377\377\n' > wild.txt
"$weir" pack import wild.txt --name w > out 2> err
check "no coding: exit" $? 2
holds "no coding" "$(cat err)" "neither UTF-8 nor UTF-16 nor GB18030"
printf '坏\n' > short.txt
"$weir" pack import short.txt --name w > out 2> err
check "nothing left" "$?$(ls w.txt 2> /dev/null)" 2
"$weir" pack import short.txt --name w --keep-short > out 2> err
holds "keep-short" "$(cat w.txt)" 坏
"$weir" pack import good.txt --slot x > out 2> err
check "no slot" $? 2
"$weir" pack > out 2> err
check "no verb" $? 2

# --- 100,000 terms in a few seconds ---
awk 'BEGIN { for (i = 0; i < 100000; i++) print "term" i }' > many.txt
t=$(date +%s)
"$weir" pack import many.txt --name big --pack big.yaml > out 2> err
check "many: exit" "$?$(cat err)" 0
t=$(($(date +%s) - t))
check "many: in 10 s" "$([ "$t" -lt 10 ] && echo yes || echo "$t s")" yes
check "many: all" "$(wc -l < big.txt | tr -d ' ')" 100001
"$weir" check big.yaml > out 2> err
check "many: good" "$?$(cat err)" 0

# --- check of the shipped packs ---
"$weir" pack check > out 2> err
check "check: exit" "$?$(cat err)" 1
check "check: 31 kinds, both languages" "$(grep -c '^A\.[1-5]-' out)" 62
holds "check: slots of the operator" "$(cat out)" "A.1-a*      0 / 200  missing 200"
holds "check: zh" "$(cat out)" "A.2-b*      0 / 100  缺100  信仰歧视"
holds "check: says so" "$(cat out)" \
    "neither writes nor ships political or religious word lists"
holds "check: says so, zh" "$(cat out)" "不编写、不附带此类词表"
"$weir" pack check cn/generative-ai --lang zh > out
holds "check: one pack" "$(cat out)" "1个规则包"
"$weir" pack check cn/none > out 2> err
check "check: no such pack" $? 2

done_testing
