#!/bin/sh
# example_test.sh WEIR SOURCE BUILD CC...: libweir as installed: a program that
# knows only its headers and weir.pc, in TAP.
. "$(dirname "$0")/tap.sh"
WEIR_PACKS=$2/ordinance
source=$2
build=$3
shift 3

DESTDIR=$dir meson install -C "$build" --no-rebuild > "$dir/log" 2>&1
check "it installs" "$?" 0
pc=$(cd "$dir" && find . -name weir.pc)
check "weir.pc is there" "$(basename "$pc")" weir.pc
PKG_CONFIG_PATH=$dir/$(dirname "$pc")
PKG_CONFIG_SYSROOT_DIR=$dir
export PKG_CONFIG_PATH
# the sysroot is for our own paths only: those of libcrypto are the system's
prefix=$dir$(sed -n 's/^prefix=//p' "$dir/$pc")
unset PKG_CONFIG_SYSROOT_DIR
flags=$(pkg-config --static --define-variable=prefix="$prefix" \
    --cflags --libs weir)
check "pkg-config knows it" $? 0
sanitize=
nm "$prefix"/lib*/libweir.a "$prefix"/lib*/*/libweir.a 2> "$dir/log" |
    grep -q __asan_ && sanitize=-fsanitize=address,undefined
# shellcheck disable=SC2086
"$@" -Wall -Wextra -Werror $sanitize "$source/share/example.c" $flags \
    -o "$dir/example" > "$dir/log" 2>&1
check "the example compiles without a warning" "$?$(cat "$dir/log")" 0
bad=
for header in "$prefix"/include/weir/*.h; do
    # shellcheck disable=SC2086
    "$@" -fsyntax-only -x c $flags "$header" > "$dir/log" 2>&1 ||
        bad="$bad $header$(cat "$dir/log")"
done
check "every header compiles by itself" "$bad" ""
"$weir" scan --pack cn/personal-information --compile "$dir/rules.bin"
check "the matcher is written" $? 0
printf '电话 13812345678, a@example.com' | "$dir/example" "$dir/rules.bin" \
    > "$dir/out"
check "the example finds" "$?$(cat "$dir/out")" "07 18 cn_mobile
20 33 email"
head -c 100 "$dir/rules.bin" > "$dir/cut.bin"
"$dir/example" "$dir/cut.bin" < /dev/null
check "a matcher that is cut off is refused" $? 2

done_testing
