#pragma once
// Which file under topologies/parts describes a measured device. The names of publications (topologies/
// gpus.yaml) and those that CUDA reports share the model's word ("H200", "A100"), and may both state the
// memory ("80GB") and the form (SXM, PCIe), which then must agree.

#include <string>
#include <vector>

namespace foretrain::calibrate {

// True when a publication's name may stand for the device that CUDA calls so:
// "H100-SXM-80GB" for "NVIDIA H100 80GB HBM3", not for "NVIDIA H100 PCIe" or "NVIDIA GH200 480GB".
bool same_device(const std::string& published, const std::string& device);

// The part's path under `library`, the folder that holds topologies/. SpecError with the candidates when none
// or several fit.
std::string part_of_device(const std::string& device, const std::string& library);

// A path of a file, or a bare name of a part in the library. Nothing is opened.
std::string part_path(const std::string& name, const std::string& library);

}  // namespace foretrain::calibrate
