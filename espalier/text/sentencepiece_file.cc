#include "espalier/text/sentencepiece_file.h"

#include <cstring>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

// One field of a protocol buffer (protobuf.dev, "Encoding"): a number, four or eight bytes, or bytes that may be a message.
struct Field {
  uint32_t number = 0;
  uint32_t wire = 0;
  uint64_t value = 0;
  std::string_view bytes = {};
};

// The fields of a message in turn; never reads behind its end.
class Message {
 public:
  Message(std::string_view bytes, const std::string& place) : bytes_(bytes), place_(place) {}

  bool next(Field& field) {
    if (at_ == bytes_.size()) return false;
    const uint64_t tag = varint();
    field = {static_cast<uint32_t>(tag >> 3), static_cast<uint32_t>(tag & 7)};
    if (tag >> 32 != 0 || field.number == 0) fail("a field without a number");
    if (field.wire == kVarint) {
      field.value = varint();
    } else if (field.wire == kEight || field.wire == kFour) {
      field.value = fixed(field.wire == kEight ? 8 : 4);
    } else if (field.wire == kBytes) {
      field.bytes = take(varint());
    } else {
      fail(fmt::format("a field of wire type {}", field.wire));
    }
    return true;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw data_error("not a SentencePiece model: {} at byte {} of {} of a message", what, at_, bytes_.size()).at(place_);
  }

  static constexpr uint32_t kVarint = 0, kEight = 1, kBytes = 2, kFour = 5;

 private:
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == bytes_.size()) fail("a number that does not end");
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    fail("a number of more than ten bytes");
  }

  uint64_t fixed(size_t size) {
    uint64_t value = 0;
    const std::string_view part = take(size);
    for (size_t i = 0; i < size; ++i) value |= uint64_t{static_cast<unsigned char>(part[i])} << (8 * i);
    return value;
  }

  std::string_view take(uint64_t size) {
    if (size > bytes_.size() - at_) fail(fmt::format("{} bytes where {} are left", size, bytes_.size() - at_));
    const std::string_view part = bytes_.substr(at_, size);
    at_ += size;
    return part;
  }

  std::string_view bytes_;
  const std::string& place_;
  size_t at_ = 0;
};

void expect(const Message& message, const Field& field, uint32_t wire) {
  if (field.wire != wire) message.fail(fmt::format("field {} of wire type {}, expected {},", field.number, field.wire, wire));
}

std::string_view as_bytes(const Message& message, const Field& field) {
  expect(message, field, Message::kBytes);
  return field.bytes;
}

int32_t as_int(const Message& message, const Field& field) {
  expect(message, field, Message::kVarint);
  return static_cast<int32_t>(field.value);  // negative numbers have ten bytes, of which the lower four count
}

bool as_bool(const Message& message, const Field& field) { return as_int(message, field) != 0; }

float as_float(const Message& message, const Field& field) {
  expect(message, field, Message::kFour);
  const auto bits = static_cast<uint32_t>(field.value);
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

SentencePiece read_piece(std::string_view bytes, size_t index, const std::string& place) {
  Message message(bytes, place);
  SentencePiece piece;
  for (Field field; message.next(field);) {
    if (field.number == 1) piece.text = as_bytes(message, field);
    if (field.number == 2) piece.score = as_float(message, field);
    if (field.number == 3) piece.type = as_int(message, field);
  }
  if (!valid_utf8(piece.text)) throw data_error("piece {} is not valid UTF-8", index).at(place);
  if (piece.type < SentencePiece::normal || piece.type > SentencePiece::byte) {
    throw data_error("piece {} has type {}; expected 1 to 6", index, piece.type).at(place);
  }
  return piece;
}

void read_trainer(std::string_view bytes, const std::string& place, SentencePieceFile& file) {
  Message message(bytes, place);
  for (Field field; message.next(field);) {
    if (field.number == 3) file.model_type = as_int(message, field);
    if (field.number == 24) file.treat_whitespace_as_suffix = as_bool(message, field);
    if (field.number == 35) file.byte_fallback = as_bool(message, field);
    if (field.number == 40) file.unk_id = as_int(message, field);
    if (field.number == 41) file.bos_id = as_int(message, field);
    if (field.number == 42) file.eos_id = as_int(message, field);
    if (field.number == 43) file.pad_id = as_int(message, field);
  }
}

void read_normalizer(std::string_view bytes, const std::string& place, SentencePieceFile& file) {
  Message message(bytes, place);
  for (Field field; message.next(field);) {
    if (field.number == 2) file.precompiled_charsmap = as_bytes(message, field);
    if (field.number == 3) file.add_dummy_prefix = as_bool(message, field);
    if (field.number == 4) file.remove_extra_whitespaces = as_bool(message, field);
    if (field.number == 5) file.escape_whitespaces = as_bool(message, field);
  }
}

}  // namespace

SentencePieceFile read_sentencepiece(std::string_view bytes, const std::string& place) {
  SentencePieceFile file;
  Message message(bytes, place);
  for (Field field; message.next(field);) {
    if (field.number == 1) file.pieces.push_back(read_piece(as_bytes(message, field), file.pieces.size(), place));
    if (field.number == 2) read_trainer(as_bytes(message, field), place, file);
    if (field.number == 3) read_normalizer(as_bytes(message, field), place, file);
  }
  if (file.pieces.empty()) throw data_error("a SentencePiece model without pieces").at(place);
  return file;
}

}  // namespace espalier
