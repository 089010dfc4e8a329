import CoreNFC
import Foundation
import LocalAuthentication
import Tauri

/// Tells Rust what the phone can and what its fleet has set, and asks for a finger or a face; decides nothing.
class FleetPlugin: Plugin {
  /// Where iOS puts what a management has set for an app.
  private let place = "com.apple.configuration.managed"
  private let texts = ["enrolment_link", "server_url", "server_key", "enrolment_code", "phone_name"]

  @objc public func managed(_ invoke: Invoke) {
    let set = UserDefaults.standard.dictionary(forKey: place) ?? [:]
    var data: [String: Any] = ["kiosk": set["kiosk"] as? Bool ?? false]
    for key in texts {
      if let text = (set[key] as? String)?.trimmingCharacters(in: .whitespaces), !text.isEmpty, text.count <= 512 {
        data[key] = text
      }
    }
    invoke.resolve(data)
  }

  @objc public func facts(_ invoke: Invoke) {
    var error: NSError?
    let ready = LAContext().canEvaluatePolicy(.deviceOwnerAuthenticationWithBiometrics, error: &error)
    let none = error?.code == LAError.biometryNotAvailable.rawValue
    invoke.resolve([
      "nfc": NFCNDEFReaderSession.readingAvailable ? "yes" : "no",
      "biometry": ready ? "ready" : (none ? "none" : "not_set_up"),
    ])
  }

  @objc public func confirm(_ invoke: Invoke) {
    let why = NSLocalizedString("presence_title", comment: "")
    LAContext().evaluatePolicy(.deviceOwnerAuthenticationWithBiometrics, localizedReason: why) { hers, _ in
      invoke.resolve(["confirmed": hers])
    }
  }
}

@_cdecl("init_plugin_fleet")
func initPlugin() -> Plugin {
  return FleetPlugin()
}
