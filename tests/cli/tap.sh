# tap.sh: what the tests of the command line begin with; each reads it in with
# its own arguments: the program, and where the packs are. Both may be relative
# to where the test starts; it goes on in an empty folder, $dir.
whole()
{
    echo "$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"
}

weir=$(whole "$1")
WEIR_PACKS=$(whole "$2")
export WEIR_PACKS
unset WEIR_STATE
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
n=0
failed=0

# check NAME GOT WANTED
check()
{
    n=$((n + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $n - $1"
    else
        failed=1
        echo "not ok $n - $1"
        echo "$2" | head -n 20 | sed 's/^/# got:    /'
        echo "$3" | head -n 12 | sed 's/^/# wanted: /'
    fi
}

# holds NAME TEXT PART
holds()
{
    case $2 in
    *"$3"*) check "$1" yes yes ;;
    *) check "$1" "$2" "... $3 ..." ;;
    esac
}

# The last line of a test.
done_testing()
{
    echo "1..$n"
    exit $failed
}
