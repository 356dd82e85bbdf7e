#include "espalier/models/encoder_decoder.h"

#include "espalier/nn/cache.h"
#include "espalier/nn/memory.h"
#include "espalier/nn/tensor.h"

namespace espalier {

Tensor EncoderDecoder::shifted(const Tensor& texts, const Frame& frame) const {
  const DecoderFacts& facts = *this->facts().decoder;
  Tensor ids = at::empty({frame.rows()}, at::kLong);
  const Tensor whole = texts.contiguous();
  const int64_t* from = whole.const_data_ptr<int64_t>();
  int64_t* to = ids.data_ptr<int64_t>();
  for (int64_t i = 0; i < frame.examples(); ++i) {
    const int64_t first = frame.offsets[size_t(i)], end = frame.offsets[size_t(i) + 1];
    for (int64_t row = first; row < end; ++row) {
      const int64_t id = row > first ? from[row - 1] : facts.start ? *facts.start : from[end - 1];
      to[row] = id == -100 ? facts.padding : id;
    }
  }
  return ids;
}

Batch EncoderDecoder::read_again(const Batch& batch) const {
  Batch both = batch;
  both.target_frame = batch.frame;
  both.target = shifted(batch.ids, *batch.frame);
  return both;
}

Tensor EncoderDecoder::encode(const Batch& batch, Pass& pass) {
  pass.first_rows = false;  // the decoder reads all rows of the encoder, and rows of its own that come before
  if (!batch.target_frame) return read(batch.ids, pass);
  Memory memory;
  Cache* const cache = pass.cache;
  if (cache == nullptr || cache->empty()) {
    pass.cache = nullptr;  // it is the decoder's
    pass.frame = batch.frame;
    memory.rows = read(batch.ids, pass);
    memory.frame = pass.frame;
    pass.cache = cache;
    pass.stopped = false;
  }
  const Memory* const before = pass.memory;
  pass.memory = memory.frame ? &memory : nullptr;
  pass.frame = batch.target_frame;
  const Tensor ids = batch.target.defined() ? batch.target : shifted(batch.tokens, *batch.target_frame);
  Tensor rows = write(ids, pass);
  pass.memory = before;
  return rows;
}

}  // namespace espalier
