#include "device/nvml.hpp"

#include <dlfcn.h>

#include <array>

namespace foretrain::bench {

namespace {

// The few functions used, by their names in the library (NVML API reference); they return 0 on success.
template <class... Arguments>
int call(void* library, const char* name, Arguments... arguments) {
  using Function = int (*)(Arguments...);
  const auto function = library == nullptr ? nullptr : reinterpret_cast<Function>(dlsym(library, name));
  return function == nullptr ? -1 : function(arguments...);
}

constexpr int sm_clock = 1;  // NVML_CLOCK_SM

}  // namespace

Nvml::Nvml(const std::string& pci_bus_id) : library_(dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL)) {
  if (call(library_, "nvmlInit_v2") != 0) return;
  void* gpu = nullptr;
  if (call(library_, "nvmlDeviceGetHandleByPciBusId_v2", pci_bus_id.c_str(), &gpu) == 0) gpu_ = gpu;
}

Nvml::~Nvml() {
  if (library_ == nullptr) return;
  call(library_, "nvmlShutdown");
  dlclose(library_);
}

double Nvml::sm_clock_mhz() const {
  unsigned mhz = 0;
  return found() && call(library_, "nvmlDeviceGetClockInfo", gpu_, sm_clock, &mhz) == 0 ? mhz : 0;
}

double Nvml::highest_sm_clock_mhz() const {
  unsigned mhz = 0;
  return found() && call(library_, "nvmlDeviceGetMaxClockInfo", gpu_, sm_clock, &mhz) == 0 ? mhz : 0;
}

double Nvml::power_limit_w() const {
  unsigned milliwatts = 0;
  const bool known = found() && call(library_, "nvmlDeviceGetEnforcedPowerLimit", gpu_, &milliwatts) == 0;
  return known ? milliwatts / 1000.0 : 0;
}

std::string Nvml::driver() const {
  std::array<char, 96> text{};
  const unsigned size = static_cast<unsigned>(text.size() - 1);
  return call(library_, "nvmlSystemGetDriverVersion", text.data(), size) == 0 ? text.data() : "";
}

}  // namespace foretrain::bench
