#pragma once
// Clocks, power limit and driver from libnvidia-ml, loaded while running when it is there: bare nodes and
// containers often lack it, and nothing here needs it to build. Only reads; no setting is ever changed.

#include <string>

namespace foretrain::bench {

class Nvml {
 public:
  explicit Nvml(const std::string& pci_bus_id);  // finds nothing: every reader then says 0 or ""
  ~Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  bool found() const { return gpu_ != nullptr; }
  double sm_clock_mhz() const;  // now
  double highest_sm_clock_mhz() const;
  double power_limit_w() const;
  std::string driver() const;

 private:
  void* library_ = nullptr;
  void* gpu_ = nullptr;
};

}  // namespace foretrain::bench
