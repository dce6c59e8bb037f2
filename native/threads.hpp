// Work shared by several threads.
#pragma once

#include <cstdint>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

namespace nearer {

// Threads that are waited for, however the block ends that they belong to.
struct JoiningThreads {
  std::vector<std::thread> threads;
  ~JoiningThreads() {
    for (std::thread& thread : threads) thread.join();
  }
};

// Runs work(0) here and work(1) ... work(threads - 1) on threads of their own; returns when all are done. Where
// the system gives no more threads, those there are do everything: `work` takes its share from a counter.
template <class Work>
void run_on_threads(int64_t threads, const Work& work) {
  JoiningThreads others;
  try {
    for (int64_t t = 1; t < threads; t++) others.threads.emplace_back([&work, t] { work(t); });
  } catch (const std::system_error&) {
  } catch (const std::bad_alloc&) {
  }
  work(0);
}

}  // namespace nearer
