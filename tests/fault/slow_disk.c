/* A disk that is slow, full, or fails to flush: preloaded, it stands before the C library's flushes and writes.
   WALLET_TEST_DISK names a file of four 64-bit numbers that the process and its test both map. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct disk {
    _Atomic int64_t delay;   /* microseconds a flush takes longer */
    _Atomic int64_t full;    /* no file may grow */
    _Atomic int64_t broken;  /* flushes fail */
    _Atomic int64_t flushes; /* how many there were */
};

static struct disk *disk;

__attribute__((constructor)) static void map_disk(void)
{
    const char *name = getenv("WALLET_TEST_DISK");
    int file = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
    void *shared = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *disk, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared == MAP_FAILED)
        abort();
    close(file);
    disk = shared;
}

static int flush(const char *name, int file)
{
    int (*real)(int) = dlsym(RTLD_NEXT, name);
    disk->flushes++;
    usleep(disk->delay);
    if (disk->broken) {
        errno = EIO;
        return -1;
    }
    return real(file);
}

int fsync(int file) { return flush("fsync", file); }
int fdatasync(int file) { return flush("fdatasync", file); }

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at)
{
    ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    struct stat64 now;
    if (disk->full && fstat64(file, &now) == 0 && at + (off64_t)count > now.st_size) {
        errno = ENOSPC;
        return -1;
    }
    return real(file, bytes, count, at);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) { return pwrite64(file, bytes, count, at); }
