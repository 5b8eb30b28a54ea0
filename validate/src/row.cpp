#include "row.hpp"

#include <algorithm>
#include <sstream>

#include "layer_ops.hpp"

namespace foretrain::bench {

std::string identity_of(const Row& r) {
  std::ostringstream text;
  text.precision(17);
  text << r.suite << ' ' << r.kernel << ' ' << r.family << ' ' << r.dtype << ' ' << r.m << ' ' << r.n << ' '
       << r.k << ' ' << r.groups << ' ' << r.d_qk << ' ' << r.d_v << ' ' << r.read_bytes << ' '
       << r.written_bytes << ' ' << r.sms_taken << ' ' << r.ranks << ' ' << r.cold;
  return text.str();
}

std::string name_of(const Row& r) {
  std::ostringstream text;
  text << r.suite << '/' << r.kernel << ' ' << r.dtype;
  if (r.m > 0) text << " m=" << r.m << " n=" << r.n;
  if (r.k > 0) text << " k=" << r.k;
  if (r.groups > 1) text << " groups=" << r.groups;
  if (r.d_qk > 0) text << " d=" << r.d_qk << '/' << r.d_v;
  if (r.m == 0 && r.read_bytes > 0) text << " bytes=" << static_cast<std::int64_t>(r.read_bytes);
  if (r.sms_taken > 0) text << " sms_taken=" << r.sms_taken;
  if (r.ranks > 1) text << " ranks=" << r.ranks;
  text << (r.cold ? " cold" : " hot");
  return text.str();
}

namespace {

bool starts_with(const std::string& text, const std::string& head) {
  return text.compare(0, head.size(), head) == 0;
}

}  // namespace

// A BF16 result is rounded by at most 2^-9 of itself, an FP8 one by 2^-4 (E4M3 has three bits behind the
// leading one). Tensor cores of Hopper add FP8 products with about 14 bits (arXiv:2412.19437, section 3.5.2),
// which costs up to 2 % where fast accumulation never leaves them. References of casts apply the same
// scaling, so only ties and the last bit of a scale may differ. Attention's gradients pass through BF16 three
// times: shares, the gradients of the scores, and the result.
std::optional<double> tolerance_of(const Row& r) {
  if (r.suite == "launch") return std::nullopt;
  if (r.suite ==
      "layer") {  // an op by its kernel; the whole, whose error is the worst of its ops', by the widest
    const auto kernel = kernel_of(r);
    return kernel ? tolerance_of(*kernel) : 0.02;
  }
  if (r.kernel.find("_fast") != std::string::npos) return 0.02;
  if (r.suite == "comm") return r.dtype == "fp32" ? 1e-6 : 5e-3;
  if (starts_with(r.kernel, "copy") || r.kernel == "permute" || r.kernel == "transpose_fp8") return 0.0;
  if (starts_with(r.kernel, "attention_backward") || r.kernel == "attention_gradient") return 0.01;
  if (r.family == "gating") return 1e-4;  // numbers of experts among them: one that is off by one shows
  if (r.family == "fp8_cast" || r.family == "fp8_cast_transpose" || r.family == "swiglu") return 0.02;
  return 5e-3;
}

bool passes(const Row& row) {
  const auto tolerance = tolerance_of(row);
  return !tolerance || (row.error && *row.error >= 0 && *row.error <= *tolerance);
}

std::string state_of(const std::vector<Row>& rows) {
  return !rows.empty() && std::all_of(rows.begin(), rows.end(), passes) ? "verified" : "unverified";
}

}  // namespace foretrain::bench
