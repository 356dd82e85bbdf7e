#include "espalier/pruning/score.h"

#include "espalier/base/error.h"
#include "espalier/base/seed.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

struct NoOptions {
  void fields(Fields&) {}
};

Tensor exact(const Tensor& t) { return t.detach().to(at::kDouble); }

class RandomScore : public Score {
 public:
  explicit RandomScore(NoOptions) {}
  std::vector<Tensor> of(const std::vector<Parameter*>& pool, uint64_t seed, const Sample*) const override {
    std::vector<Tensor> scores;
    for (const Parameter* p : pool) {
      RandomStream draw(derive_key(seed, p->path() + ".score"));
      Tensor values = at::empty(p->shape(), at::kDouble);
      double* data = values.data_ptr<double>();
      for (int64_t i = 0; i < values.numel(); ++i) data[i] = draw.normal();
      scores.push_back(values);
    }
    return scores;
  }
};

class MagnitudeScore : public Score {
 public:
  explicit MagnitudeScore(NoOptions) {}
  std::vector<Tensor> of(const std::vector<Parameter*>& pool, uint64_t, const Sample*) const override {
    std::vector<Tensor> scores;
    for (const Parameter* p : pool) scores.push_back(exact(p->leaf()).abs());
    return scores;
  }
};

class DataScore : public Score {
 public:
  bool needs_data() const override { return true; }
  std::vector<Tensor> of(const std::vector<Parameter*>& pool, uint64_t, const Sample* sample) const override {
    if (sample == nullptr || sample->batches() < 1) throw bug_error("a score that looks at data was asked for without any");
    const std::vector<Tensor> slopes = slopes_of(pool, *sample);
    std::vector<Tensor> scores;
    for (size_t i = 0; i < pool.size(); ++i) scores.push_back(worth(exact(pool[i]->leaf()) * exact(slopes[i])));
    return scores;
  }

 protected:
  virtual std::vector<Tensor> slopes_of(const std::vector<Parameter*>& pool, const Sample& sample) const = 0;
  virtual Tensor worth(const Tensor& product) const = 0;
};

class SnipScore : public DataScore {
 public:
  explicit SnipScore(NoOptions) {}

 protected:
  std::vector<Tensor> slopes_of(const std::vector<Parameter*>& pool, const Sample& sample) const override {
    return sample.gradients(pool);
  }
  Tensor worth(const Tensor& product) const override { return product.abs(); }
};

class GraspScore : public DataScore {
 public:
  explicit GraspScore(NoOptions) {}

 protected:
  std::vector<Tensor> slopes_of(const std::vector<Parameter*>& pool, const Sample& sample) const override {
    return sample.curvature(pool, sample.gradients(pool));
  }
  Tensor worth(const Tensor& product) const override { return product; }
};

}  // namespace

const Registry<Score>& scores() {
  static const Registry<Score> kScores = [] {
    Registry<Score> r("score");
    r.add<RandomScore, NoOptions>("random", "drawn by seed and path");
    r.add<MagnitudeScore, NoOptions>("magnitude", "the number's size");
    r.add<SnipScore, NoOptions>("snip", "what the loss feels when the number goes, to first order");
    r.add<GraspScore, NoOptions>("grasp", "what the gradient's norm keeps when the number stays, to first order");
    return r;
  }();
  return kScores;
}

void check_finite(const std::vector<Parameter*>& pool, const std::vector<Tensor>& scores) {
  Problems problems;
  for (size_t i = 0; i < pool.size(); ++i) {
    if (!at::isfinite(scores[i]).all().item<bool>()) problems.add(pool[i]->path(), "its scores are not all finite");
  }
  problems.raise(ErrorKind::numeric, "nothing can be chosen by such scores");
}

}  // namespace espalier
