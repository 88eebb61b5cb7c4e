#include "fcgi/http/framing.h"

#include <cstdint>
#include <optional>

namespace gatehouse::http {
namespace {

// FastCGI Specification 1.0, sections 3.3, 5.1, 8.
constexpr std::size_t kHeaderSize = 8;
constexpr std::size_t kBeginBodySize = 8;
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kBeginRequest = 1;
constexpr std::uint8_t kParams = 4;
constexpr std::uint8_t kStdin = 5;
constexpr unsigned kResponder = 1;

constexpr std::uint8_t At(std::string_view s, std::size_t i) {
  return static_cast<std::uint8_t>(s[i]);
}
constexpr unsigned Word(std::string_view s, std::size_t i) {
  return static_cast<unsigned>(At(s, i)) << 8 | At(s, i + 1);
}

struct Record {
  std::uint8_t type;
  unsigned id;
  std::string_view content;
};

// Takes one whole record off the front of `rest`; nullopt where it is not all there, with `type`
// and `id` of what is coming where at least its header is.
class Records {
 public:
  explicit Records(std::string_view bytes) : rest_(bytes) {}

  std::optional<Record> Next() {
    bad_version_ = !rest_.empty() && At(rest_, 0) != kVersion;
    if (bad_version_ || rest_.size() < kHeaderSize) return std::nullopt;
    const unsigned length = Word(rest_, 4);
    const std::size_t size = kHeaderSize + length + At(rest_, 6);
    coming_ = Record{At(rest_, 1), Word(rest_, 2), {}};
    coming_length_ = length;
    if (rest_.size() < size) return std::nullopt;
    const Record record{coming_->type, coming_->id, rest_.substr(kHeaderSize, length)};
    coming_.reset();
    rest_.remove_prefix(size);
    return record;
  }

  bool bad_version() const { return bad_version_; }
  // The header of a record whose content has not all come.
  const std::optional<Record>& coming() const { return coming_; }
  unsigned coming_length() const { return coming_length_; }
  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  std::optional<Record> coming_;
  unsigned coming_length_ = 0;
  bool bad_version_ = false;
};

// A length of a name-value pair: one byte, or four with the top bit set.
std::optional<std::size_t> TakeLength(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  if (At(rest, 0) < 0x80) {
    const std::size_t length = At(rest, 0);
    rest.remove_prefix(1);
    return length;
  }
  if (rest.size() < 4) return std::nullopt;
  const std::size_t length =
      (static_cast<std::size_t>(Word(rest, 0)) << 16 | Word(rest, 2)) & std::size_t{0x7FFFFFFF};
  rest.remove_prefix(4);
  return length;
}

// libfcgi keeps a pair as the C string "NAME=value": a NUL would cut it, an "=" in the name would
// make it another name's.
bool ArePairs(std::string_view rest) {
  while (!rest.empty()) {
    const auto name = TakeLength(rest);
    const auto value = TakeLength(rest);
    if (!name || !value || *name > rest.size() || *value > rest.size() - *name) return false;
    if (*name == 0 || rest.substr(0, *name).find('=') != std::string_view::npos) return false;
    if (rest.substr(0, *name + *value).find('\0') != std::string_view::npos) return false;
    rest.remove_prefix(*name + *value);
  }
  return true;
}

Framing Refused(const char* reason) { return Framing{Arrival::kRefused, 0, reason}; }

}  // namespace

Framing Inspect(std::string_view bytes, std::string& scratch) {
  Records records(bytes);
  // What a record that has not all come may be, so that junk is refused at its header.
  const auto not_yet = [&](Arrival arrival, std::uint8_t type, unsigned id) -> Framing {
    if (records.bad_version()) return Refused("version");
    const auto& coming = records.coming();
    if (coming && (coming->type != type || (id != 0 && coming->id != id))) {
      return Refused("record out of order");
    }
    return Framing{arrival, 0, ""};
  };

  const auto begin = records.Next();
  if (!begin) {
    if (records.coming() && records.coming_length() != kBeginBodySize) {
      return Refused("not a request");
    }
    return not_yet(Arrival::kPartial, kBeginRequest, 0);
  }
  if (begin->type != kBeginRequest || begin->id == 0 || begin->content.size() != kBeginBodySize) {
    return Refused("not a request");
  }
  if (Word(begin->content, 0) != kResponder) return Refused("role");

  // nginx sends all parameters in one record: only others pay for the copy.
  std::string_view params;
  bool first = true;
  for (;;) {
    const auto record = records.Next();
    if (!record) {
      if (params.size() + (records.coming() ? records.coming_length() : 0) > kMaxParams) {
        return Refused("parameters too large");
      }
      return not_yet(Arrival::kPartial, kParams, begin->id);
    }
    if (record->type != kParams || record->id != begin->id) return Refused("record out of order");
    if (record->content.empty()) break;
    if (params.size() + record->content.size() > kMaxParams) {
      return Refused("parameters too large");
    }
    if (first) {
      params = record->content;
      first = false;
    } else {
      if (params.data() != scratch.data()) scratch.assign(params);
      scratch.append(record->content);
      params = scratch;
    }
  }
  if (!ArePairs(params)) return Refused("parameters");

  for (;;) {
    const auto record = records.Next();
    if (!record) return not_yet(Arrival::kHead, kStdin, begin->id);
    if (record->type != kStdin || record->id != begin->id) return Refused("record out of order");
    if (record->content.empty()) break;
  }
  return Framing{Arrival::kWhole, bytes.size() - records.left(), ""};
}

}  // namespace gatehouse::http
