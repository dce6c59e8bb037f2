// Memory that goes back to the system the moment it is freed.
//
// The C library keeps what a thread frees for that thread's next allocation; large tables that are needed only
// while text is read would stay with the process through training.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <vector>

namespace nearer {

template <class T>
struct PageAllocator {
  using value_type = T;
  static constexpr size_t kLeastBytes = 1 << 16;  // smaller pieces are left to the C library

  PageAllocator() = default;
  template <class U>
  PageAllocator(const PageAllocator<U>&) {}

  T* allocate(size_t count) {
    const size_t bytes = count * sizeof(T);
    if (bytes < kLeastBytes) return static_cast<T*>(::operator new(bytes));
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    return static_cast<T*>(memory);
  }

  void deallocate(T* memory, size_t count) {
    const size_t bytes = count * sizeof(T);
    if (bytes < kLeastBytes)
      ::operator delete(memory);
    else
      munmap(memory, bytes);
  }

  bool operator==(const PageAllocator&) const { return true; }
};

template <class T>
using PagedVector = std::vector<T, PageAllocator<T>>;

}  // namespace nearer
