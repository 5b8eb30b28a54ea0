#include "device/device.hpp"

#include <array>
#include <chrono>
#include <ctime>

#include "device/failure.hpp"
#include "device/nvml.hpp"

namespace foretrain::bench {

namespace {

int attribute(cudaDeviceAttr which, int index) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, which, index), "cudaDeviceGetAttribute");
  return value;
}

std::string version_text(int version) {  // 13000 -> 13.0
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

}  // namespace

std::vector<Device> list_devices(std::string& why) {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) {
    why = cudaGetErrorString(status);
    (void)cudaGetLastError();
    return {};
  }
  why = count == 0 ? "no CUDA-capable device is detected" : "";
  std::vector<Device> devices;
  for (int i = 0; i < count; ++i) {
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, i), "cudaGetDeviceProperties");
    std::array<char, 32> bus{};
    check(cudaDeviceGetPCIBusId(bus.data(), static_cast<int>(bus.size()), i), "cudaDeviceGetPCIBusId");
    Device d;
    d.index = i;
    d.name = properties.name;
    d.pci_bus_id = bus.data();
    d.compute_capability = std::to_string(properties.major) + "." + std::to_string(properties.minor);
    d.sms = properties.multiProcessorCount;
    d.l2_bytes = properties.l2CacheSize;
    d.memory_bytes = static_cast<double>(properties.totalGlobalMem);
    d.clock_mhz = attribute(cudaDevAttrClockRate, i) / 1e3;
    d.hbm_bandwidth = 2e3 * attribute(cudaDevAttrMemoryClockRate, i) *
                      (attribute(cudaDevAttrGlobalMemoryBusWidth, i) / 8.0);
    devices.push_back(d);
  }
  return devices;
}

Header header_of(const Device& device) {
  const Nvml nvml(device.pci_bus_id);
  int driver = 0, runtime = 0;
  check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
  Header h;
  h.device = device.name;
  h.sms = device.sms;
  h.compute_capability = device.compute_capability;
  h.driver = nvml.driver().empty() ? "for CUDA " + version_text(driver) : nvml.driver();
  h.cuda = version_text(runtime);
  h.sm_clock_mhz = nvml.found() ? nvml.highest_sm_clock_mhz() : device.clock_mhz;
  h.power_limit_w = nvml.power_limit_w();
  h.date = utc_now();
  return h;
}

}  // namespace foretrain::bench
