// Python faces of counting and encoding (text.hpp). Arrays of ids are handed over without a copy.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "numpy_arrays.hpp"
#include "text.hpp"
#include "unicode_words.hpp"

namespace nb = nanobind;

namespace nearer {
namespace {

// (fault, offset, ids, line_start): fault is "" or "UTF-8", "NUL" (nothing has been counted), "token" (what
// stands before it has).
nb::tuple read_block(WordCounter& counter, nb::bytes block, bool whitespace, bool line_start) {
  const std::string_view text(block.c_str(), block.size());
  const Tokenizer tokenizer = whitespace ? Tokenizer::whitespace : Tokenizer::words;
  TextFault fault;
  PagedVector<uint32_t> ids;
  {
    nb::gil_scoped_release release;
    fault = check_utf8(text);
    if (fault.offset < 0) {
      ids.reserve(text.size() / 5 + 16);
      const int64_t offset = counter.read(text, tokenizer, line_start, ids);
      if (offset >= 0) fault = {offset, "token"};
    }
  }
  return nb::make_tuple(fault.kind, fault.offset, as_numpy(std::move(ids)), line_start);
}

// Ids of the tokens of each line, in order.
nb::ndarray<nb::numpy, uint32_t, nb::ndim<1>> read_tokens(WordCounter& counter, nb::list lines) {
  PagedVector<uint32_t> ids;
  for (nb::handle line : lines) {
    bool first = true;
    for (nb::handle token : line) {
      Py_ssize_t length = 0;
      const char* letters = PyUnicode_AsUTF8AndSize(token.ptr(), &length);
      if (!letters) throw nb::python_error();
      ids.push_back(counter.add({letters, static_cast<size_t>(length)}) | (first ? 0x80000000u : 0));
      first = false;
    }
  }
  return as_numpy(std::move(ids));
}

nb::tuple merge_counters(nb::list counters, int64_t min_count, int64_t max_vocabulary) {
  std::vector<WordCounter*> parts;
  for (nb::handle counter : counters) parts.push_back(nb::cast<WordCounter*>(counter));
  Vocabulary vocabulary;
  {
    nb::gil_scoped_release release;
    vocabulary = merge(parts, min_count, max_vocabulary);
  }
  nb::list ids;
  for (PagedVector<uint32_t>& part : vocabulary.ids) ids.append(as_numpy(std::move(part)));
  return nb::make_tuple(std::move(vocabulary.words), as_numpy(std::move(vocabulary.counts)), ids,
                        vocabulary.distinct);
}

using Ids = nb::ndarray<const uint32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using IdsOut = nb::ndarray<uint32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

nb::tuple rewrite_ids(Ids from, Ids ids, IdsOut to, int64_t at, bool line_start) {
  int64_t written = 0;
  {
    nb::gil_scoped_release release;
    written = rewrite(from.data(), static_cast<int64_t>(from.shape(0)), ids.data(), to.data() + at, line_start);
  }
  return nb::make_tuple(written, line_start);
}

// Hands memory that was freed back to the system, where the C library would keep it for later.
void release_free_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace

void bind_text(nb::module_& m) {
  nb::class_<WordCounter>(m, "WordCounter")
      .def(nb::init<>())
      .def("__len__", &WordCounter::size)
      .def("read_block", &read_block, nb::arg("block"), nb::arg("whitespace"), nb::arg("line_start"))
      .def("read_tokens", &read_tokens, nb::arg("lines"));
  m.def("merge_counters", &merge_counters, nb::arg("counters"), nb::arg("min_count"), nb::arg("max_vocabulary"));
  m.def("rewrite_ids", &rewrite_ids, nb::arg("source").noconvert(), nb::arg("ids").noconvert(),
        nb::arg("to").noconvert(), nb::arg("at"), nb::arg("line_start"));
  m.def("release_free_memory", &release_free_memory);
  m.attr("unicode_version") = kUnicodeVersion;
}

}  // namespace nearer
