/*
 * top_term.c: the terminal of `weir top`.
 *
 * What was changed is put back at exit and by the handler of every signal
 * that ends or stops the process, a failed assertion's SIGABRT included:
 * tcsetattr and write are safe there (signal-safety(7)). Only SIGKILL leaves
 * the terminal raw; `reset` helps.
 */
#include "top.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Another screen, no cursor; and back. */
#define ENTER  "\033[?1049h\033[?25l\033[2J"
#define LEAVE  "\033[0m\033[?25h\033[?1049l"

#define ESCAPE_MS  25            /* the rest of a key comes at once */

static struct termios            before;
static volatile sig_atomic_t     is_open, resized;

static const int  endings[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE,
                                SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };


static void
out(const char *s)
{
    const ssize_t  n = write(STDOUT_FILENO, s, strlen(s));

    (void) n;
}


void
top_term_close(void)
{
    const int  e = errno;

    if (is_open) {
        is_open = 0;
        (void) tcsetattr(STDIN_FILENO, TCSANOW, &before);
        out(LEAVE);
    }
    errno = e;
}


static void
enter(void)
{
    struct termios  raw = before;

    /* Ctrl-C and Ctrl-Z stay signals. */
    raw.c_lflag &= ~(tcflag_t) (ICANON | ECHO | IEXTEN);
    raw.c_iflag &= ~(tcflag_t) (IXON | ICRNL);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    is_open = 1;
    (void) tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    out(ENTER);
    resized = 1;
}


/* It ends as the signal would have ended it. */
static void
on_end(int sig)
{
    top_term_close();
    (void) signal(sig, SIG_DFL);
    (void) raise(sig);
}


static void
on_stop(int sig)
{
    const int  e = errno;

    (void) sig;
    top_term_close();
    (void) raise(SIGSTOP);
    enter();                     /* SIGCONT came */
    errno = e;
}


static void
on_resize(int sig)
{
    (void) sig;
    resized = 1;
}


static void
handle(int sig, void (*how)(int))
{
    struct sigaction  a = { .sa_handler = how };

    (void) sigemptyset(&a.sa_mask);
    (void) sigaction(sig, &a, NULL);
}


bool
top_term_open(void)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)
        || tcgetattr(STDIN_FILENO, &before) != 0)
    {
        return false;
    }
    (void) atexit(top_term_close);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        handle(endings[i], on_end);
    }
    handle(SIGTSTP, on_stop);
    handle(SIGWINCH, on_resize);
    enter();
    return true;
}


void
top_term_size(unsigned *width, unsigned *height)
{
    struct winsize  w = { 0 };

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_col == 0) {
        w.ws_col = 80;
        w.ws_row = 24;
    }
    *width = w.ws_col < TOP_WIDTH_MAX ? w.ws_col : TOP_WIDTH_MAX;
    *height = w.ws_row > 0 ? w.ws_row : 24;
}


/* A byte within `ms`: 0 none, -1 the input has ended. */
static int
byte(int ms)
{
    struct pollfd  p = { .fd = STDIN_FILENO, .events = POLLIN };
    unsigned char  c;
    const int      n = poll(&p, 1, ms);
    ssize_t        got;

    if (n <= 0) {
        return n < 0 && errno != EINTR ? -1 : 0;
    }
    got = read(STDIN_FILENO, &c, 1);
    if (got == 1) {
        return c;
    }
    return got < 0 && (errno == EINTR || errno == EAGAIN) ? 0 : -1;
}


/* ESC [ A and the like; a lone ESC is 27. */
static int
sequence(void)
{
    int  c = byte(ESCAPE_MS), first = 0;

    if (c != '[' && c != 'O') {
        return 27;
    }
    while ((c = byte(ESCAPE_MS)) > 0 && (c < '@' || c > '~')) {
        first = first == 0 ? c : first;
    }
    switch (c) {
    case 'A': return TOP_KEY_UP;
    case 'B': return TOP_KEY_DOWN;
    case 'C': return TOP_KEY_RIGHT;
    case 'D': return TOP_KEY_LEFT;
    case 'H': return TOP_KEY_HOME;
    case 'Z': return TOP_KEY_BACK_TAB;
    case '~':
        return first == '5' ? TOP_KEY_PAGE_UP
               : first == '6' ? TOP_KEY_PAGE_DOWN
               : first == '1' || first == '7' ? TOP_KEY_HOME : 0;
    default:
        return 0;
    }
}


int
top_term_key(unsigned ms)
{
    int  c;

    if (resized) {
        resized = 0;
        return 0;
    }
    c = byte((int) ms);
    resized = 0;
    return c < 0 ? TOP_KEY_END_OF_INPUT : c == 27 ? sequence() : c;
}
