/*
 * Preloaded into a broker, this makes a fast disk a slow one. The folder SLOW_SYNC_FOLDER says how:
 *   bytes-per-ms  a number: all threads together sync so many new bytes of files in a millisecond
 *   stall-ms      a number: the next sync takes so long; the file is removed when one has begun
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILES_MAX 4096
#define PATH_MAX_BYTES 4096

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

/* What the file has grown by since its last sync. */
static off_t new_bytes(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return 0;
  for (int i = 0; i < file_count; i += 1) {
    if (files[i].device != status.st_dev || files[i].inode != status.st_ino) continue;
    const off_t grown = status.st_size - files[i].size_bytes;
    files[i].size_bytes = status.st_size;
    return grown > 0 ? grown : 0;
  }
  if (file_count < FILES_MAX) {
    files[file_count++] = (struct synced_file){status.st_dev, status.st_ino, status.st_size};
  }
  return status.st_size;
}

int fdatasync(int fd) {
  static int (*real)(int);
  pthread_mutex_lock(&mutex);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  const double bytes_per_ms = setting("bytes-per-ms", 0);
  const double stall_ms = setting("stall-ms", 1);
  const off_t size_bytes = new_bytes(fd);
  const double now = now_ms();
  double until_ms = now;
  if (bytes_per_ms > 0) {
    until_ms = (busy_until_ms > now ? busy_until_ms : now) + size_bytes / bytes_per_ms;
    busy_until_ms = until_ms;
  }
  pthread_mutex_unlock(&mutex);
  sleep_ms(until_ms - now + stall_ms);
  return real(fd);
}
