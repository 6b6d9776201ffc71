/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sandbox.c: how a process gets into a sandbox (see sandbox.h).
 *
 * A helper process clones the one that will be the program into namespaces of its own, as a
 * child of weir itself (CLONE_PARENT), so that weir waits for it and kills it like any other. It
 * writes the new namespace's user and group maps, which only a process outside may, and ends.
 * The other then puts its view of the file system together, gives up what it has, and execs.
 *
 * All of this runs in processes of one thread. It deliberately knows no cgroups (ordinary users
 * rarely may) and no filter of system calls.
 */
#include "io/sandbox.h"

#include "io/exec_inside.h"

#include <errno.h>

#ifdef __linux__

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* <linux/mount.h> and <sys/mount.h> do not go together before glibc 2.36. */
extern int mount(const char *, const char *, const char *, unsigned long, const void *);
enum { MOUNT_READ_ONLY = 1, MOUNT_NO_SUID = 2, MOUNT_NO_DEV = 4, MOUNT_NO_EXEC = 8 };
enum {
    MOUNT_REMOUNT = 32,
    MOUNT_BIND = 4096,
    MOUNT_RECURSIVE = 16384,
    MOUNT_PRIVATE = 1 << 18
};

/* How the program's user is called inside: as outside, or SANDBOX_USER. */
enum user { USER_SAME = 's', USER_OTHER = 'o' };

static _Noreturn void fail(const struct launch *launch, const char *step)
{
    launch_fail(launch, LAUNCH_SANDBOX_FAILED, step);
}

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    size_t n = strlen(text);
    ssize_t written = write(fd, text, n);
    int reason = errno;
    close(fd);
    errno = reason;
    return written == (ssize_t)n ? 0 : -1;
}

/* ---- outside: user and group maps ---- */

static int write_map(pid_t pid, const char *name, unsigned id, bool other)
{
    char path[64], text[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    if (other)
        snprintf(text, sizeof text, "0 0 1\n%d %d 1\n", SANDBOX_USER, SANDBOX_USER);
    else
        snprintf(text, sizeof text, "%u %u 1\n", id, id);
    return write_file(path, text);
}

static int write_maps(pid_t pid, enum user *user)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/setgroups", (int)pid);
    if (write_file(path, "deny") < 0)
        return -1;
    *user = USER_OTHER;
    if (geteuid() == 0 && write_map(pid, "uid_map", 0, true) == 0)
        return write_map(pid, "gid_map", 0, true);
    *user = USER_SAME;
    if (write_map(pid, "uid_map", geteuid(), false) < 0)
        return -1;
    return write_map(pid, "gid_map", getegid(), false);
}

/* ---- inside: the file system ---- */

static int open_tree_at(const char *path)
{
    return (int)syscall(SYS_open_tree, AT_FDCWD, path,
                        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
}

static int move_tree(int tree, const char *path)
{
    return (int)syscall(SYS_move_mount, tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
}

static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                      "/dev/urandom"};
enum { DEVICES = sizeof devices / sizeof devices[0], PATH_BYTES = 4096 };

/* A small file system of its own where the folder exists. */
static int mount_empty(const char *path)
{
    const unsigned long flags = MOUNT_NO_SUID | MOUNT_NO_DEV;
    if (mount("none", path, "tmpfs", flags, "mode=1777,size=64m,nr_inodes=4096") == 0)
        return 0;
    return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
}

static int mount_devices(const int tree[DEVICES])
{
    if (mount("none", "/dev", "tmpfs", MOUNT_NO_SUID, "mode=755,size=64k") < 0)
        return -1;
    for (size_t i = 0; i < DEVICES; i++) {
        int fd = open(devices[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
        if (fd < 0 || close(fd) < 0 || move_tree(tree[i], devices[i]) < 0)
            return -1;
    }
    if (mkdir("/dev/shm", 01777) < 0 || mount_empty("/dev/shm") < 0)
        return -1;
    if (symlink("/proc/self/fd", "/dev/fd") < 0 || symlink("fd/0", "/dev/stdin") < 0 ||
        symlink("fd/1", "/dev/stdout") < 0 || symlink("fd/2", "/dev/stderr") < 0)
        return -1;
    return mount(NULL, "/dev", NULL,
                 MOUNT_REMOUNT | MOUNT_BIND | MOUNT_READ_ONLY | MOUNT_NO_SUID, NULL);
}

/* Read only, or started by root it could write what only file modes protect. Where a container
 * hides parts of its own, a new one may not be mounted: then there is none. */
static int mount_processes(void)
{
    const unsigned long flags = MOUNT_READ_ONLY | MOUNT_NO_SUID | MOUNT_NO_DEV | MOUNT_NO_EXEC;
    if (mount("proc", "/proc", "proc", flags, NULL) == 0)
        return 0;
    return mount("none", "/proc", "tmpfs", flags, "size=4k");
}

/* A folder that must be seen although it may stand below one that is hidden. */
struct kept_folder {
    char path[PATH_BYTES];
    int tree; /* -1: nothing hides it */
};

static bool is_hidden(const char *path)
{
    static const char *const hidden[] = {"/tmp/", "/var/tmp/", "/run/", "/dev/"};
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (strncmp(path, hidden[i], strlen(hidden[i])) == 0)
            return true;
    return false;
}

static int keep_folder(struct kept_folder *kept, const char *path, size_t length)
{
    kept->tree = -1;
    if (length >= sizeof kept->path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(kept->path, path, length);
    kept->path[length] = '\0';
    if (!is_hidden(kept->path))
        return 0;
    kept->tree = open_tree_at(kept->path);
    return kept->tree < 0 ? -1 : 0;
}

static int show_folder(struct kept_folder *kept)
{
    if (kept->tree < 0)
        return 0;
    for (char *slash = strchr(kept->path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(kept->path, 0755);
        *slash = '/';
    }
    mkdir(kept->path, 0755);
    return move_tree(kept->tree, kept->path);
}

static void build_view(const struct launch *launch)
{
    struct kept_folder folder = {.tree = -1}, program = {.tree = -1};
    struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
                                               MOUNT_ATTR_NODEV};
    int tree[DEVICES];
    if (mount(NULL, "/", NULL, MOUNT_RECURSIVE | MOUNT_PRIVATE, NULL) < 0)
        fail(launch, "private mounts");
    for (size_t i = 0; i < DEVICES; i++)
        if ((tree[i] = open_tree_at(devices[i])) < 0)
            fail(launch, devices[i]);
    if (syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &read_only, sizeof read_only) <
        0)
        fail(launch, "read-only mounts");
    const char *slash = strrchr(launch->program, '/');
    if (launch->folder && keep_folder(&folder, launch->folder, strlen(launch->folder)) < 0)
        fail(launch, "its folder");
    if (slash && keep_folder(&program, launch->program, (size_t)(slash - launch->program)) < 0)
        fail(launch, "the program's folder");
    if (mount_empty("/tmp") < 0 || mount_empty("/var/tmp") < 0 || mount_empty("/run") < 0)
        fail(launch, "private folders");
    if (mount_devices(tree) < 0)
        fail(launch, "private devices");
    if (mount_processes() < 0)
        fail(launch, "private processes");
    if (show_folder(&folder) < 0 || show_folder(&program) < 0)
        fail(launch, "showing its folder");
}

/* ---- inside: limits and privileges ---- */

static int limit_all(void)
{
    const struct rlimit processes = {SANDBOX_PROCESSES, SANDBOX_PROCESSES};
    const struct rlimit open_files = {SANDBOX_OPEN_FILES, SANDBOX_OPEN_FILES};
    const struct rlimit file_bytes = {SANDBOX_FILE_BYTES, SANDBOX_FILE_BYTES};
    return setrlimit(RLIMIT_NPROC, &processes) < 0 ||
                   setrlimit(RLIMIT_NOFILE, &open_files) < 0 ||
                   setrlimit(RLIMIT_FSIZE, &file_bytes) < 0
               ? -1
               : 0;
}

static int set_capabilities(uint32_t mask)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{mask, mask, mask}, {0, 0, 0}};
    return (int)syscall(SYS_capset, &header, data);
}

/* What root may read the program may read, or it could not even be executed in root's folders;
 * all that it sees of those is mounted read only. */
static int become_other_user(void)
{
    static const unsigned kept[] = {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH};
    if (setresgid(SANDBOX_USER, SANDBOX_USER, SANDBOX_USER) < 0 ||
        setresuid(SANDBOX_USER, SANDBOX_USER, SANDBOX_USER) < 0 ||
        set_capabilities(1u << kept[0] | 1u << kept[1]) < 0)
        return -1;
    for (size_t i = 0; i < 2; i++)
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0) < 0)
            return -1;
    return 0;
}

static void give_up(const struct launch *launch, enum user user)
{
    const unsigned long no_root = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS;
    if (limit_all() < 0)
        fail(launch, "limits");
    if (prctl(PR_SET_SECUREBITS, no_root, 0, 0, 0) < 0)
        fail(launch, "secure bits");
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        fail(launch, "capabilities");
    if (user == USER_OTHER ? become_other_user() < 0 : set_capabilities(0) < 0)
        fail(launch, "giving up privileges");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        fail(launch, "no new privileges");
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of user would have cleared it */
}

/* ---- the two processes ---- */

static _Noreturn void become_inside(const struct launch *launch, const int sync[2])
{
    char user;
    close(sync[1]);
    setpgid(0, 0);
    ssize_t n;
    while ((n = read(sync[0], &user, 1)) < 0 && errno == EINTR)
        ;
    if (n != 1)
        _exit(127); /* the helper has told why */
    close(sync[0]);
    umask(022);
    write_file("/proc/sys/user/max_user_namespaces", "0"); /* where there is such a limit */
    build_view(launch);
    give_up(launch, (enum user)user);
    launch_become(launch);
}

_Noreturn void sandbox_become(const struct launch *launch)
{
    const unsigned long spaces =
        CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
    int sync[2];
    launch_default_signals();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (pipe2(sync, O_CLOEXEC) < 0)
        fail(launch, "a pipe");
    if (geteuid() == 0 && setgroups(0, NULL) < 0)
        fail(launch, "groups");
    long pid = syscall(SYS_clone, spaces | CLONE_PARENT, 0, 0, 0, 0);
    if (pid == 0)
        become_inside(launch, sync);
    if (pid < 0)
        fail(launch, "namespaces");
    struct launch_report started = {.what = LAUNCH_STARTED, .number = (int)pid};
    if (write(launch->report, &started, sizeof started) != (ssize_t)sizeof started)
        _exit(127);
    enum user user;
    if (write_maps((pid_t)pid, &user) < 0)
        fail(launch, "user map");
    char byte = (char)user;
    _exit(write(sync[1], &byte, 1) == 1 ? 0 : 127);
}

#else

_Noreturn void sandbox_become(const struct launch *launch)
{
    errno = ENOSYS;
    launch_fail(launch, LAUNCH_SANDBOX_FAILED, "namespaces");
}

#endif
