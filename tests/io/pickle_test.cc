// Pickles byte by byte: what is described, and what is refused by name. Pickles of torch itself: torch_file_test.cc.
#include "espalier/io/pickle.h"

#include <gtest/gtest.h>

#include <deque>

#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;
using namespace std::string_literals;

void refused(const std::string& pickle, std::initializer_list<std::string_view> pieces) {
  expect_error(
      ErrorKind::unsupported, [&] { read_pickle(pickle, "x.bin"); }, pieces);
}

void broken(const std::string& pickle, std::initializer_list<std::string_view> pieces) {
  expect_error(
      ErrorKind::data, [&] { read_pickle(pickle, "x.bin"); }, pieces);
}

TEST(Pickle, ReadsNumbersAndTexts) {
  std::deque<std::string> kept;  // texts of a pickle are views of its bytes
  const auto top = [&](const std::string& body) { return read_pickle(kept.emplace_back("\x80\x02" + body + "."), "x").top(); };
  EXPECT_EQ(top("K\x07").integer, 7);
  EXPECT_EQ(top("M\x01\x02").integer, 0x201);
  EXPECT_EQ(top("J\xff\xff\xff\xff").integer, -1);
  EXPECT_EQ(top("\x8a\x01\xfe").integer, -2);
  EXPECT_EQ(top("\x8a\x05\x00\x00\x00\x00\x01"s).integer, int64_t{1} << 32);
  EXPECT_EQ(top("\x8a\x00"s).integer, 0);
  EXPECT_EQ(top("\x8a\x09xxxxxxxxx").kind, PickleKind::big);
  EXPECT_EQ(top("G\x3f\xf8\x00\x00\x00\x00\x00\x00"s).number, 1.5);
  EXPECT_EQ(top("X\x02\x00\x00\x00hi"s).text, "hi");
  EXPECT_EQ(top("\x8c\x02hi").text, "hi");
  EXPECT_EQ(top("\x88").integer, 1);
  EXPECT_EQ(top("N").kind, PickleKind::none);
}

TEST(Pickle, ReadsContainersAndTheMemo) {
  const std::string bytes = "\x80\x04\x95"s + std::string(8, '\0') +
                            "}\x94(\x8c\x01"
                            "a\x94K\x01\x8c\x01"
                            "bh\x01K\x02\x86u.";
  const Pickle pickle = read_pickle(bytes, "x");
  ASSERT_EQ(pickle.top().kind, PickleKind::dict);
  ASSERT_EQ(pickle.top().items.size(), 4U);
  const PickleValue& pair = pickle[pickle.top().items[3]];
  EXPECT_EQ(pair.kind, PickleKind::tuple);
  EXPECT_EQ(pickle[pair.items[0]].text, "a");
  EXPECT_EQ(pickle.end, bytes.size());
}

TEST(Pickle, WhatContainsItselfIsRead) {
  const std::string bytes = "\x80\x02]q"s + '\0' + "h"s + '\0' + "a.";  // []; memo 0; append itself
  const Pickle pickle = read_pickle(bytes, "x");
  EXPECT_EQ(pickle.top().items, std::vector<uint32_t>{pickle.root});
}

TEST(Pickle, ProgramsAreRefusedByName) {
  refused(
      "\x80\x02"
      "cos\nsystem\nX\x0a\x00\x00\x00touch evil\x85R."s,
      {"x.bin", "asks for os.system", "at byte 2", "nothing was executed"});
  refused(
      "\x80\x02"
      "c__builtin__\neval\nX\x01\x00\x00\x00"
      "1\x85R."s,
      {"__builtin__.eval"});
  refused("\x80\x04\x8c\x02os\x8c\x06system\x93.", {"asks for os.system", "at byte 14"});
  refused(
      "\x80\x02"
      "ctorch.nn.modules.linear\nLinear\n)\x81}b.",
      {"torch.nn.modules.linear.Linear", "state_dict()"});
  refused(
      "\x80\x02"
      "ctorch\nComplexFloatStorage\n.",
      {"torch.ComplexFloatStorage"});
  refused(
      "\x80\x02"
      "ctorch._utils\n_rebuild_tensor_v2\n)\x81.",
      {"opcode NEWOBJ", "at byte 36"});
  refused("(S'os'\ni__main__\nX\n.", {"opcode STRING"});
  refused("(ios\nsystem\n.", {"opcode INST"});
}

TEST(Pickle, EveryOtherOpcodeIsRefusedByName) {
  refused("\x80\x02\x8b\xff\xff\xff\x7f.", {"opcode LONG4", "at byte 2"});
  refused("\x80\x02\x97.", {"NEXT_BUFFER"});
  refused("\x80\x02\x82\x01.", {"EXT1"});
  broken("\x80\x02\xff.", {"0xff is no opcode"});
  refused("\x80\x06.", {"protocol 6; expected 2 to 5"});
  refused("\x80\x02]}b.", {"BUILD of a list", "at byte 4"});
  refused("\x80\x02}]b.", {"BUILD of a dict"});
  refused("\x80\x02K\x01)R.", {"REDUCE of integer 1"});
  refused(
      "\x80\x02K\x01K\x02"
      "a.",
      {"items for integer 1; expected a list"});
}

TEST(Pickle, LengthsPastTheEndAreRefused) {
  broken("\x80\x02(cos\n", {"ends too early", "cut off"});
  broken("\x80\x02X\xff\xff\xff\xffhi.", {"4294967295 bytes are wanted at byte 7"});
  broken("\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xffhi.", {"18446744073709551615 bytes are wanted"});
  broken(
      "\x80\x02\x8a\xff"
      "1234.",
      {"255 bytes are wanted"});
  broken("\x80\x02J\x01", {"4 bytes are wanted at byte 3, 1 are left"});
  broken("", {"ends too early"});
  broken("\x80\x02N", {"ends too early"});
}

TEST(Pickle, BrokenStacksAreRefused) {
  broken("\x80\x02.", {"a value is missing"});
  broken("\x80\x02(.", {"a value is missing"});
  broken("\x80\x02K\x01t.", {"a mark is missing"});
  broken("\x80\x02h\x05.", {"memo 5 is used before it is set"});
  broken("\x80\x02}(K\x01u.", {"a key without a value"});
  broken("\x80\x02X\x01\x00\x00\x00\xff."s, {"not UTF-8"});
  broken("\x80\x04K\x01K\x02\x93.", {"a name that is no text"});
}

TEST(Pickle, FewBytesCannotAskForMuchMemory) {
  refused("\x80\x02" + std::string(4'000'001, '\x88') + ".", {"more than 4,000,000 values"});
  refused("\x80\x02N" + std::string(4'000'001, '\x94') + ".", {"a memo without end"});
  refused("\x80\x02N" + std::string(16'000'001, '2') + ".", {"a stack without end"});
  // OrderedDict([(None, None), ...]) of one shared list, again and again: a quarter of a megabyte asks for 60 GB.
  std::string pickle =
      "\x80\x02"
      "ccollections\nOrderedDict\nq\x01](NN\x86q\x02"s;
  for (int i = 0; i < 100'000; ++i) pickle += "h\x02";
  pickle +=
      "e\x85q\x03"
      "0"s;
  for (int i = 0; i < 5'000; ++i) pickle += "h\x01h\x03R0";
  refused(pickle + "N.", {"more than 16,000,000 items"});
}

}  // namespace
}  // namespace espalier
