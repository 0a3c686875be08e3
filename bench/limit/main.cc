// limit --port N --data-dir DIR [--partitions N] [--group]
#include <getopt.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "fail.h"
#include "file-limit.h"
#include "server.h"

int main(int argc, char** argv) {
  const option names[] = {{"port", required_argument, nullptr, 'p'},
                          {"data-dir", required_argument, nullptr, 'd'},
                          {"partitions", required_argument, nullptr, 'n'},
                          {"group", no_argument, nullptr, 'g'},
                          {}};
  bench::ServerOptions options;
  for (int name; (name = getopt_long(argc, argv, "", names, nullptr)) != -1;) {
    if (name == 'p') options.port = static_cast<uint16_t>(std::atoi(optarg));
    if (name == 'd') options.dataDir = optarg;
    if (name == 'n') options.partitionCount = std::atoi(optarg);
    if (name == 'g') options.isGroupCommit = true;
    if (name == '?') return 1;
  }
  if (options.port == 0 || options.dataDir.empty()) bench::fail("limit --port N --data-dir DIR ...");
  // sendfile to a closed socket raises it.
  std::signal(SIGPIPE, SIG_IGN);
  bench::raiseFileLimit();
  bench::Server server(options);
  std::puts("limit listening on localhost");
  std::fflush(stdout);
  server.run();
}
