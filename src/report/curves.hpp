#pragma once
// The calibration rows behind prices, for listings that end in "where does this number come from".

#include <map>
#include <string>

#include "base/kernel.hpp"
#include "hardware/kernel_cost.hpp"

namespace foretrain::report {

// "compute", "memory" or "launch": the largest part of the price.
std::string bound_text(const hardware::KernelPrice& price);

// "main loop at 74.1 % of peak, 2.19 us a tile" or "65.6 % of HBM bandwidth, 3.89 us a launch".
std::string curve_text(const hardware::Curve& curve);

class CurvesUsed {
 public:
  void add(Family family, const hardware::Curve& curve);
  std::string to_text() const;  // one paragraph a family, in the order of base/kernel.hpp

 private:
  std::map<Family, hardware::Curve> curves_;
};

}  // namespace foretrain::report
