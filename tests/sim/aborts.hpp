#pragma once
// Whether a call aborts, asked in a child process, so that the test program lives on.

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>

template <class Call>
bool aborts(Call call) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // not the test framework's report
    std::fclose(stderr);
    call();
    _exit(0);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
         WTERMSIG(status) == SIGABRT;
}
