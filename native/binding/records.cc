#include <napi.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "../core/codecs/codec.h"
#include "../core/disk/operations.h"
#include "../core/records/batch-check.h"
#include "../core/records/batch-pack.h"
#include "../core/records/batch-scan.h"
#include "../core/records/crc32c.h"
#include "../core/records/timestamp-search.h"
#include "environment.h"
#include "records-worker.h"
#include "register.h"

namespace ottla {
namespace {

using records::BatchCheck;
using records::ScanRequest;
using records::ScanResult;

template <class Element>
struct View {
  Element* data = nullptr;
  size_t length = 0;
};

/** The memory of a typed array; an empty answer means an exception is pending. */
template <class Element>
bool viewOf(const Napi::CallbackInfo& info, size_t index, napi_typedarray_type type, View<Element>& view) {
  napi_typedarray_type actual = napi_int8_array;
  void* data = nullptr;
  const napi_status status =
      napi_get_typedarray_info(info.Env(), info[index], &actual, &view.length, &data, nullptr, nullptr);
  if (status != napi_ok || actual != type) {
    Napi::TypeError::New(info.Env(), "wrong kind of typed array").ThrowAsJavaScriptException();
    return false;
  }
  view.data = static_cast<Element*>(data);
  return true;
}

bool bytesAt(const Napi::CallbackInfo& info, size_t index, View<uint8_t>& view) {
  return viewOf(info, index, napi_uint8_array, view);
}

bool rowsAt(const Napi::CallbackInfo& info, size_t index, size_t lengthMin, View<double>& view) {
  if (!viewOf(info, index, napi_float64_array, view)) return false;
  if (view.length >= lengthMin) return true;
  Napi::RangeError::New(info.Env(), "the array has no room for a row").ThrowAsJavaScriptException();
  return false;
}

int64_t integerAt(const Napi::CallbackInfo& info, size_t index) { return info[index].As<Napi::Number>().Int64Value(); }

size_t sizeAt(const Napi::CallbackInfo& info, size_t index) {
  const int64_t value = integerAt(info, index);
  return value < 0 ? 0 : static_cast<size_t>(value);
}

void throwBusy(Napi::Env env) {
  Napi::Error error = Napi::Error::New(env, "too many record batches wait for a worker");
  error.Set("code", Napi::String::New(env, "EAGAIN"));
  error.ThrowAsJavaScriptException();
}

Napi::Value crc32c(const Napi::CallbackInfo& info) {
  View<uint8_t> bytes;
  if (!bytesAt(info, 0, bytes)) return {};
  const uint32_t seed = info[1].As<Napi::Number>().Uint32Value();
  return Napi::Number::New(info.Env(), records::crc32c(seed, bytes.data, bytes.length));
}

Napi::Value batchCheck(const Napi::CallbackInfo& info) {
  View<uint8_t> bytes;
  View<double> row;
  if (!bytesAt(info, 0, bytes) || !rowsAt(info, 3, records::kCheckRowLength, row)) return {};
  const uint32_t flags = info[1].As<Napi::Number>().Uint32Value();
  const BatchCheck check = records::checkBatch(bytes.data, bytes.length, flags, sizeAt(info, 2));
  records::writeRow(check, row.data);
  return Napi::Number::New(info.Env(), static_cast<int32_t>(check.reason));
}

/** Keeps the bytes alive while a worker reads them; the row is filled on the loop, just before the callback. */
class CheckJob final : public LoopJob {
 public:
  CheckJob(const Napi::CallbackInfo& info, View<uint8_t> bytes)
      : bytes_(bytes),
        flags_(info[1].As<Napi::Number>().Uint32Value()),
        outputMax_(sizeAt(info, 2)),
        bytesReference_(Napi::Persistent(info[0].As<Napi::Object>())),
        rowReference_(Napi::Persistent(info[3].As<Napi::Float64Array>())),
        callback_(Napi::Persistent(info[4].As<Napi::Function>())) {}

  void work() override { check_ = records::checkBatch(bytes_.data, bytes_.length, flags_, outputMax_); }

  void complete(Napi::Env env) override {
    records::writeRow(check_, rowReference_.Value().Data());
    callLoop(env, callback_, {Napi::Number::New(env, static_cast<int32_t>(check_.reason))});
  }

 private:
  const View<uint8_t> bytes_;
  const uint32_t flags_;
  const size_t outputMax_;
  const Napi::ObjectReference bytesReference_;
  const Napi::Reference<Napi::Float64Array> rowReference_;
  const Napi::FunctionReference callback_;
  BatchCheck check_;
};

void batchCheckAsync(const Napi::CallbackInfo& info) {
  View<uint8_t> bytes;
  View<double> row;
  if (!bytesAt(info, 0, bytes) || !rowsAt(info, 3, records::kCheckRowLength, row)) return;
  auto* const worker = static_cast<RecordsWorker*>(info.Data());
  if (!worker->submit(info.Env(), std::make_unique<CheckJob>(info, bytes))) throwBusy(info.Env());
}

Napi::Value arrayOf(Napi::Env env, const codecs::Bytes& bytes) {
  Napi::Uint8Array array = Napi::Uint8Array::New(env, bytes.size());
  if (!bytes.empty()) std::memcpy(array.Data(), bytes.data(), bytes.size());
  return array;
}

records::PackTarget packTargetOf(const Napi::CallbackInfo& info) {
  const auto codec = static_cast<codecs::Codec>(info[1].As<Napi::Number>().Int32Value());
  return {codec, info[2].As<Napi::Number>().Int32Value(), sizeAt(info, 3), sizeAt(info, 4)};
}

/** Keeps the bytes alive while a worker reads them. */
class PackJob final : public LoopJob {
 public:
  PackJob(const Napi::CallbackInfo& info, View<uint8_t> bytes)
      : bytes_(bytes),
        target_(packTargetOf(info)),
        bytesReference_(Napi::Persistent(info[0].As<Napi::Object>())),
        callback_(Napi::Persistent(info[5].As<Napi::Function>())) {}

  void work() override { result_ = records::packBatch(bytes_.data, bytes_.length, target_, packed_); }

  void complete(Napi::Env env) override {
    callLoop(env, callback_, {Napi::Number::New(env, static_cast<int32_t>(result_)), arrayOf(env, packed_)});
  }

 private:
  const View<uint8_t> bytes_;
  const records::PackTarget target_;
  const Napi::ObjectReference bytesReference_;
  const Napi::FunctionReference callback_;
  records::PackResult result_ = records::PackResult::kFailed;
  codecs::Bytes packed_;
};

bool isPackable(const Napi::CallbackInfo& info, View<uint8_t>& bytes) {
  if (!bytesAt(info, 0, bytes)) return false;
  const int32_t codec = info[1].As<Napi::Number>().Int32Value();
  if (bytes.length >= records::kHeaderSize && codecs::isKnownCodec(codec)) return true;
  Napi::RangeError::New(info.Env(), "no batch, or an unknown codec").ThrowAsJavaScriptException();
  return false;
}

void batchPackAsync(const Napi::CallbackInfo& info) {
  View<uint8_t> bytes;
  if (!isPackable(info, bytes)) return;
  auto* const worker = static_cast<RecordsWorker*>(info.Data());
  if (!worker->submit(info.Env(), std::make_unique<PackJob>(info, bytes))) throwBusy(info.Env());
}

Napi::Value batchPack(const Napi::CallbackInfo& info) {
  View<uint8_t> bytes;
  if (!isPackable(info, bytes)) return {};
  codecs::Bytes packed;
  const records::PackResult result = records::packBatch(bytes.data, bytes.length, packTargetOf(info), packed);
  if (result == records::PackResult::kOk) return arrayOf(info.Env(), packed);
  return Napi::Number::New(info.Env(), static_cast<int32_t>(result));
}

class TimestampJob final : public LoopJob {
 public:
  TimestampJob(const Napi::CallbackInfo& info, View<uint8_t> bytes)
      : bytes_(bytes),
        timestamp_(integerAt(info, 1)),
        fromOffset_(integerAt(info, 2)),
        outputMax_(sizeAt(info, 3)),
        bytesReference_(Napi::Persistent(info[0].As<Napi::Object>())),
        callback_(Napi::Persistent(info[4].As<Napi::Function>())) {}

  void work() override {
    found_ = records::findTimestamp(bytes_.data, bytes_.length, timestamp_, fromOffset_, outputMax_);
  }

  void complete(Napi::Env env) override {
    callLoop(env, callback_, {
        Napi::Number::New(env, static_cast<int32_t>(found_.reason)),
        Napi::Number::New(env, static_cast<double>(found_.offset)),
        Napi::Number::New(env, static_cast<double>(found_.timestamp)),
    });
  }

 private:
  const View<uint8_t> bytes_;
  const int64_t timestamp_;
  const int64_t fromOffset_;
  const size_t outputMax_;
  const Napi::ObjectReference bytesReference_;
  const Napi::FunctionReference callback_;
  records::TimestampFound found_;
};

void findTimestamp(const Napi::CallbackInfo& info) {
  View<uint8_t> bytes;
  if (!bytesAt(info, 0, bytes)) return;
  auto* const worker = static_cast<RecordsWorker*>(info.Data());
  if (!worker->submit(info.Env(), std::make_unique<TimestampJob>(info, bytes))) throwBusy(info.Env());
}

class FileSource final : public records::ScanSource {
 public:
  explicit FileSource(disk::File& file) : file_(file) {}
  int read(uint8_t* into, size_t size, int64_t position, size_t& readBytes) override {
    return disk::readFully(file_, into, size, position, readBytes);
  }

 private:
  disk::File& file_;
};

class MemorySource final : public records::ScanSource {
 public:
  explicit MemorySource(View<uint8_t> bytes) : bytes_(bytes) {}
  int read(uint8_t* into, size_t size, int64_t position, size_t& readBytes) override {
    const size_t from = std::min(static_cast<size_t>(position), bytes_.length);
    readBytes = std::min(size, bytes_.length - from);
    if (readBytes > 0) std::memcpy(into, bytes_.data + from, readBytes);
    return 0;
  }

 private:
  const View<uint8_t> bytes_;
};

void copyRows(const ScanResult& result, double* rows) {
  if (!result.rows.empty()) std::memcpy(rows, result.rows.data(), result.rows.size() * sizeof(double));
}

double rowsCount(const ScanResult& result) {
  return static_cast<double>(result.rows.size() / records::kScanRowLength);
}

class ScanJob final : public LoopJob {
 public:
  ScanJob(const Napi::CallbackInfo& info, std::shared_ptr<disk::File> file, ScanRequest request)
      : file_(std::move(file)),
        request_(request),
        rowsReference_(Napi::Persistent(info[3].As<Napi::Float64Array>())),
        callback_(Napi::Persistent(info[4].As<Napi::Function>())) {}

  void work() override {
    FileSource source(*file_);
    result_ = records::scanBatches(source, request_);
  }

  void complete(Napi::Env env) override {
    copyRows(result_, rowsReference_.Value().Data());
    callLoop(env, callback_, {
        Napi::Number::New(env, result_.error),
        Napi::Number::New(env, rowsCount(result_)),
        Napi::Number::New(env, static_cast<double>(result_.nextPosition)),
        Napi::Number::New(env, static_cast<int32_t>(result_.stop)),
    });
  }

 private:
  const std::shared_ptr<disk::File> file_;
  const ScanRequest request_;
  const Napi::Reference<Napi::Float64Array> rowsReference_;
  const Napi::FunctionReference callback_;
  ScanResult result_;
};

void scanBatches(const Napi::CallbackInfo& info) {
  View<double> rows;
  if (!rowsAt(info, 3, records::kScanRowLength, rows)) return;
  std::shared_ptr<disk::File> file =
      environmentOf(info.Env()).files->get(info[0].As<Napi::Number>().Int32Value());
  if (file == nullptr) {
    Napi::Error::New(info.Env(), "scanBatches: the file is not open").ThrowAsJavaScriptException();
    return;
  }
  const ScanRequest request{integerAt(info, 1), integerAt(info, 2), rows.length / records::kScanRowLength};
  auto* const worker = static_cast<RecordsWorker*>(info.Data());
  if (!worker->submit(info.Env(), std::make_unique<ScanJob>(info, std::move(file), request))) throwBusy(info.Env());
}

Napi::Value scanBytes(const Napi::CallbackInfo& info) {
  View<uint8_t> bytes;
  View<double> rows;
  if (!bytesAt(info, 0, bytes) || !rowsAt(info, 2, records::kScanRowLength, rows)) return {};
  const int64_t basePosition = integerAt(info, 1);
  MemorySource source(bytes);
  ScanResult result = records::scanBatches(
      source, {0, static_cast<int64_t>(bytes.length), rows.length / records::kScanRowLength});
  for (size_t i = 0; i < result.rows.size(); i += records::kScanRowLength) {
    result.rows[i] += static_cast<double>(basePosition);
  }
  copyRows(result, rows.data);
  Napi::Array answer = Napi::Array::New(info.Env(), 3);
  answer.Set(0u, rowsCount(result));
  answer.Set(1u, static_cast<double>(result.nextPosition + basePosition));
  answer.Set(2u, static_cast<double>(result.stop));
  return answer;
}

bool codecAt(const Napi::CallbackInfo& info, codecs::Codec& codec) {
  const int32_t number = info[0].As<Napi::Number>().Int32Value();
  codec = static_cast<codecs::Codec>(number);
  if (codecs::isKnownCodec(number)) return true;
  Napi::RangeError::New(info.Env(), "unknown codec").ThrowAsJavaScriptException();
  return false;
}

Napi::Value compress(const Napi::CallbackInfo& info) {
  codecs::Codec codec;
  View<uint8_t> bytes;
  if (!codecAt(info, codec) || !bytesAt(info, 2, bytes)) return {};
  codecs::Bytes output;
  const int32_t level = info[1].As<Napi::Number>().Int32Value();
  if (codecs::compress(codec, level, bytes.data, bytes.length, output)) return arrayOf(info.Env(), output);
  Napi::Error::New(info.Env(), "compress failed").ThrowAsJavaScriptException();
  return {};
}

Napi::Value decompress(const Napi::CallbackInfo& info) {
  codecs::Codec codec;
  View<uint8_t> bytes;
  if (!codecAt(info, codec) || !bytesAt(info, 1, bytes)) return {};
  codecs::Bytes output;
  if (codecs::decompress(codec, bytes.data, bytes.length, sizeAt(info, 2), output)) return arrayOf(info.Env(), output);
  return info.Env().Null();
}

}  // namespace

void registerRecords(Napi::Env env, Napi::Object exports) {
  RecordsWorker* const worker = RecordsWorker::create(env);
  if (worker == nullptr) return;
  const auto set = [&](const char* name, auto function) {
    exports.Set(name, Napi::Function::New(env, function, name, worker));
  };
  set("crc32c", crc32c);
  set("batchCheck", batchCheck);
  set("batchCheckAsync", batchCheckAsync);
  set("batchPack", batchPack);
  set("batchPackAsync", batchPackAsync);
  set("findTimestamp", findTimestamp);
  set("scanBatches", scanBatches);
  set("scanBytes", scanBytes);
  set("compress", compress);
  set("decompress", decompress);
}

}  // namespace ottla
