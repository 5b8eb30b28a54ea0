#pragma once
// The GPUs of the machine, as the header of a result file describes one.

#include <string>
#include <vector>

#include "results.hpp"

namespace foretrain::bench {

struct Device {
  int index = 0;
  std::string name, pci_bus_id, compute_capability;
  int sms = 0;
  double l2_bytes = 0, memory_bytes = 0;
  double clock_mhz = 0;      // highest SM clock that CUDA states
  double hbm_bandwidth = 0;  // bytes a second: twice the memory clock times the width of the bus
};

// Empty when there is no GPU or no driver; `why` then says which.
std::vector<Device> list_devices(std::string& why);

// Date and driver as of now; reads NVML once.
Header header_of(const Device& device);

}  // namespace foretrain::bench
