// A list of strings that is made once and then only read, kept as one text: ten thousand of twenty
// bytes take a quarter of a MiB, where as many std::string take more than one.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse {

// At most 4 GiB of text. Elements are views, valid until the list is changed.
class TextList {
 public:
  class Iterator {
   public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = std::string_view;

    Iterator() = default;
    Iterator(const TextList* list, difference_type at) : list_(list), at_(at) {}
    reference operator*() const { return (*list_)[static_cast<std::size_t>(at_)]; }
    reference operator[](difference_type n) const { return *(*this + n); }
    Iterator& operator+=(difference_type n) {
      at_ += n;
      return *this;
    }
    Iterator& operator-=(difference_type n) { return *this += -n; }
    Iterator& operator++() { return *this += 1; }
    Iterator& operator--() { return *this += -1; }
    Iterator operator++(int) { return {list_, at_++}; }
    Iterator operator--(int) { return {list_, at_--}; }
    friend Iterator operator+(Iterator i, difference_type n) { return i += n; }
    friend Iterator operator+(difference_type n, Iterator i) { return i += n; }
    friend Iterator operator-(Iterator i, difference_type n) { return i -= n; }
    friend difference_type operator-(Iterator a, Iterator b) { return a.at_ - b.at_; }
    bool operator==(const Iterator& o) const { return at_ == o.at_; }
    auto operator<=>(const Iterator& o) const { return at_ <=> o.at_; }

   private:
    const TextList* list_ = nullptr;
    difference_type at_ = 0;
  };

  TextList() = default;
  TextList(std::initializer_list<std::string_view> items) { Fill(items); }
  TextList(const std::vector<std::string>& items) { Fill(items); }  // NOLINT(*explicit*)

  // Room for that many, of so many bytes together.
  void Reserve(std::size_t count, std::size_t bytes) {
    ends_.reserve(count);
    text_.reserve(bytes);
  }
  void Append(std::string_view item) {
    text_.append(item);
    ends_.push_back(static_cast<std::uint32_t>(text_.size()));
  }

  std::string_view operator[](std::size_t i) const {
    // Unchecked: a search asks a dozen times for each spelling.
    const std::uint32_t* const end = ends_.data() + i;
    const std::uint32_t begin = i == 0 ? 0 : end[-1];
    return {text_.data() + begin, *end - begin};
  }
  std::size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, static_cast<std::ptrdiff_t>(size())}; }

  std::vector<std::string> Strings() const { return {begin(), end()}; }
  bool operator==(const TextList&) const = default;

 private:
  template <class Items>
  void Fill(const Items& items) {
    std::size_t bytes = 0;
    for (const auto& item : items) bytes += item.size();
    Reserve(items.size(), bytes);
    for (const auto& item : items) Append(item);
  }

  std::string text_;
  std::vector<std::uint32_t> ends_;  // of each, in the text
};

}  // namespace gatehouse
