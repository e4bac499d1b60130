#!/bin/bash
# shape_test: what is installed beside the program says what the program
# says: man pages, completion, units.
#
# usage: tests/install/shape_test.sh WEIR ROOT
set -u
weir=$(readlink -f "$1") root=$2
n=0
trap 'rm -rf "$work"' EXIT
work=$(mktemp -d)

# check WHAT COMMAND...
check() {
    n=$((n + 1))
    if "${@:2}" >"$work/log" 2>&1; then
        echo "ok $n - $1"
    else
        echo "not ok $n - $1"
        sed 's/^/# /' "$work/log"
    fi
}

verbs=$("$weir" help | sed -n 's/^  \([a-z]\{2,\}\)  .*/\1/p' | grep -vx weir)
settings=$(sed -n '/^static const struct setting  settings/,/NULL/s/^    { "\([a-z]*\)".*/\1/p' \
    "$root/cli/conf.c")

all_in() {      # all_in FILE FORMAT NAME...
    local file=$1 format=$2 name bad=0
    shift 2
    [ $# -gt 5 ] || { echo "only $# names"; return 1; }
    for name; do
        # shellcheck disable=SC2059
        grep -qxF -e "$(printf "$format" "$name")" "$file" ||
            { echo "$file lacks $name"; bad=1; }
    done
    return $bad
}

# offers WORD... : what completion offers after `weir WORD...`
offers() {
    bash -c 'cd "$0" || exit
        . share/completion/weir
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _weir
        printf "%s\n" "${COMPREPLY[@]}"' "$root" "$weir" "$@"
}

offered() {     # offered "WORDS" EXPECTED...
    local line=$1 got want
    shift
    IFS=' ' read -r -a words <<<"$line"
    case $line in *' ') words+=('') ;; esac
    got=$(offers "${words[@]}")
    for want; do
        grep -qxF -e "$want" <<<"$got" ||
            { echo "after '$line': no $want in:" $got; return 1; }
    done
}

page() {
    "$root/tools/make-man" "$weir" >"$work/weir.1"
}

# Every setting of a unit stands once, hardening is in both.
unit() {
    local file=$1 name
    for name in NoNewPrivileges=yes ProtectSystem=strict PrivateTmp=yes \
        PrivateDevices=yes CapabilityBoundingSet= LimitCORE=0 \
        SystemCallFilter=@system-service User=weir \
        ReadWritePaths=/var/lib/weir; do
        grep -qxF -e "$name" "$file" || { echo "no $name"; return 1; }
    done
    ! grep -q '^MemoryDenyWriteExecute=yes' "$file"
}

# As far as it can be told without building: what it copies is there, and it
# does not end as root.
container() {
    local file=$root/share/Containerfile from word
    grep -q '^FROM .* AS build$' "$file" || { echo 'one stage'; return 1; }
    [ "$(grep '^USER' "$file" | tail -n 1)" = 'USER 640:640' ] ||
        { echo 'not USER 640:640'; return 1; }
    grep '^FROM' "$file" | grep -v ':bookworm' && return 1
    from=$(sed -n 's/^COPY \([^-][^ ]*\) .*/\1/p' "$file")
    [ -n "$from" ] || { echo 'no COPY'; return 1; }
    for word in $from; do
        [ -e "$root/$word" ] || { echo "$word is not there"; return 1; }
    done
    [ -x "$root/share/container-entry" ] && sh -n "$root/share/container-entry"
}

# The datagram that a Type=notify unit waits for: when the keeper serves.
tells_systemd() {
    perl -MSocket -e '
        my ($weir, $root, $work) = @ARGV;
        socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!;
        bind($s, sockaddr_un("$work/notify")) or die $!;
        my $pid = fork // die $!;
        if ($pid == 0) {
            $ENV{NOTIFY_SOCKET} = "$work/notify";
            exec $weir, "--state", "$work/state", "keeper", "--listen",
                "127.0.0.1:0", "--packs", "$root/ordinance", "--foreground";
        }
        $SIG{ALRM} = sub { kill TERM => $pid; die "nothing came\n" };
        alarm 20;
        recv $s, my $text, 100, 0;
        my $serves = -s "$work/state/admin.address";
        kill TERM => $pid;
        waitpid $pid, 0;
        print "text: $text, status $?\n";
        exit !($text eq "READY=1" && $serves && $? == 0);
    ' "$weir" "$root" "$work"
}

lint() {
    if command -v mandoc >/dev/null; then
        ! mandoc -T lint -W warning "$1" | grep -v 'mandoc.db'
    elif command -v man >/dev/null; then
        ! LC_ALL=C.UTF-8 man --warnings -l "$1" 2>&1 >/dev/null | grep .
    fi
}

check 'weir.1 is written' page
# shellcheck disable=SC2086
check 'weir.1 has every verb' all_in "$work/weir.1" '.It Cm %s' $verbs
# shellcheck disable=SC2086
check 'weir.yaml.5 has every setting' \
    all_in "$root/share/man/weir.yaml.5" '.It Ic %s' $settings
check 'weir.1 is in order' lint "$work/weir.1"
for page in "$root"/share/man/*.5; do
    check "$(basename "$page") is in order" lint "$page"
done
# shellcheck disable=SC2086
check 'completion: verbs' offered ' ' $verbs
check 'completion: a verb begun' offered 'sc' scan
check 'completion: a verb after --state' offered '--state x sta' status
check 'completion: options' offered 'scan --' --pack --json --redact
check 'completion: kinds' offered 'get ' Upstream Scenario Key
check 'completion: packs' offered 'scan --pack c' cn/generative-ai \
    common/secrets
check 'completion: views' offered 'top --view ' scenarios limits
check 'completion: options of top' offered 'top -' --json --view --lang -d
check 'completion: keys' offered 'key ' new list revoke
for file in "$root"/share/systemd/*.in; do
    check "$(basename "$file" .in) is confined" unit "$file"
done
check 'the keeper tells systemd when it serves' tells_systemd
check 'Containerfile' container
echo "1..$n"
