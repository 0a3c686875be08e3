/*
 * Preloaded into a broker, this makes a fast disk a slow one. The folder SLOW_SYNC_FOLDER says how:
 *   bytes-per-ms  a number: all threads together sync or write out so many new bytes of files in a millisecond
 *   stall-ms      a number: the next such call takes so long; the file is removed when one has begun
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILES_MAX 4096
#define PATH_MAX_BYTES 4096
#define FILE_MAX_BYTES 0x7fffffffffffffffLL

struct synced_file {
  dev_t device;
  ino_t inode;
  off_t size_bytes;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct synced_file files[FILES_MAX];
static int file_count;
/* Monotonic: until then the disk is busy with what it was given before. */
static double busy_until_ms;

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void sleep_ms(double duration_ms) {
  if (duration_ms <= 0) return;
  struct timespec left = {(time_t)(duration_ms / 1e3), (long)((long long)(duration_ms * 1e6) % 1000000000LL)};
  while (nanosleep(&left, &left) != 0) {
  }
}

/* 0 when there is no such setting. */
static double setting(const char* name, int takes_it) {
  const char* folder = getenv("SLOW_SYNC_FOLDER");
  char path[PATH_MAX_BYTES];
  if (folder == NULL || snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return 0;
  FILE* file = fopen(path, "r");
  if (file == NULL) return 0;
  double value = 0;
  if (fscanf(file, "%lf", &value) != 1) value = 0;
  fclose(file);
  return takes_it && unlink(path) != 0 ? 0 : value;
}

/* How much of the file's first bytes, so many, was on the disk at none of the calls before. */
static off_t new_bytes(int fd, off_t end_position) {
  struct stat status;
  if (fstat(fd, &status) != 0) return 0;
  if (end_position > status.st_size) end_position = status.st_size;
  for (int i = 0; i < file_count; i += 1) {
    if (files[i].device != status.st_dev || files[i].inode != status.st_ino) continue;
    const off_t grown = end_position - files[i].size_bytes;
    if (grown <= 0) return 0;
    files[i].size_bytes = end_position;
    return grown;
  }
  if (file_count < FILES_MAX) {
    files[file_count++] = (struct synced_file){status.st_dev, status.st_ino, end_position};
  }
  return end_position;
}

/* Takes the time that a slow disk would. */
static void be_slow(int fd, off_t end_position) {
  pthread_mutex_lock(&mutex);
  const double bytes_per_ms = setting("bytes-per-ms", 0);
  const double stall_ms = setting("stall-ms", 1);
  const off_t size_bytes = new_bytes(fd, end_position);
  const double now = now_ms();
  double until_ms = now;
  if (bytes_per_ms > 0) {
    until_ms = (busy_until_ms > now ? busy_until_ms : now) + size_bytes / bytes_per_ms;
    busy_until_ms = until_ms;
  }
  pthread_mutex_unlock(&mutex);
  sleep_ms(until_ms - now + stall_ms);
}

int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  be_slow(fd, FILE_MAX_BYTES);
  return real(fd);
}

int sync_file_range(int fd, off64_t offset, off64_t nbytes, unsigned int flags) {
  int (*real)(int, off64_t, off64_t, unsigned int) =
      (int (*)(int, off64_t, off64_t, unsigned int))dlsym(RTLD_NEXT, "sync_file_range");
  be_slow(fd, offset + nbytes);
  return real(fd, offset, nbytes, flags);
}
