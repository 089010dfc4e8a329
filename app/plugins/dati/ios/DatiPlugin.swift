import AVFoundation
import CoreLocation
import MessageUI
import Tauri
import UIKit

class CallArgs: Decodable {
  let number: String
}

class TextArgs: Decodable {
  let number: String
  let words: String
}

class AlertArgs: Decodable {
  let alert: String
  let part: Int
  let over: Bool
}

/// Calls, writes, measures and rings when Rust says so; decides nothing. An iPhone never calls or writes
/// without a finger: `tel:` and the composer open, and the server calls meanwhile.
class DatiPlugin: Plugin, CLLocationManagerDelegate, MFMessageComposeViewControllerDelegate {
  private let places = CLLocationManager()
  private var last: CLLocation?
  private var beat: Timer?

  @objc public func call(_ invoke: Invoke) throws {
    let number = try invoke.parseArgs(CallArgs.self).number.filter { $0.isNumber || $0 == "+" }
    guard let url = URL(string: "tel:\(number)"), !number.isEmpty else { return invoke.resolve(["way": "no"]) }
    DispatchQueue.main.async {
      UIApplication.shared.open(url) { opened in invoke.resolve(["way": opened ? "by_hand" : "no"]) }
    }
  }

  @objc public func text(_ invoke: Invoke) throws {
    let args = try invoke.parseArgs(TextArgs.self)
    DispatchQueue.main.async {
      guard MFMessageComposeViewController.canSendText() else { return invoke.resolve(["way": "no"]) }
      let composer = MFMessageComposeViewController()
      composer.recipients = [args.number]
      composer.body = args.words
      composer.messageComposeDelegate = self
      self.manager.viewController?.present(composer, animated: true)
      invoke.resolve(["way": "by_hand"])
    }
  }

  @objc public func begin(_ invoke: Invoke) {
    DispatchQueue.main.async {
      self.places.delegate = self
      self.places.desiredAccuracy = kCLLocationAccuracyBest
      self.last = self.places.location
      self.places.startUpdatingLocation()
    }
    invoke.resolve()
  }

  @objc public func end(_ invoke: Invoke) {
    DispatchQueue.main.async {
      self.places.stopUpdatingLocation()
      self.last = nil
    }
    invoke.resolve()
  }

  @objc public func last(_ invoke: Invoke) {
    guard let at = last else { return invoke.resolve([:] as JsonObject) }
    let ageMs = -at.timestamp.timeIntervalSinceNow * 1000
    let upMs = Double(clock_gettime_nsec_np(CLOCK_MONOTONIC)) / 1_000_000 - ageMs
    invoke.resolve([
      "latitude": at.coordinate.latitude, "longitude": at.coordinate.longitude,
      "accuracyM": at.horizontalAccuracy, "upMs": Int(upMs),
    ])
  }

  @objc public func alert(_ invoke: Invoke) throws {
    let args = try invoke.parseArgs(AlertArgs.self)
    let gaps: [String: TimeInterval] = ["countdown": 1 - 0.7 * Double(args.part) / 1000, "given": 1, "question": 2]
    DispatchQueue.main.async {
      self.beat?.invalidate()
      self.beat = nil
      guard let gap = gaps[args.alert], !args.over else { return }
      self.beat = Timer.scheduledTimer(withTimeInterval: gap, repeats: true) { _ in
        AudioServicesPlayAlertSound(1005)
      }
    }
    invoke.resolve()
  }

  @objc public func abilities(_ invoke: Invoke) {
    DispatchQueue.main.async {
      let status = self.places.authorizationStatus
      let allowed = status == .authorizedWhenInUse || status == .authorizedAlways
      invoke.resolve([
        "call": UIApplication.shared.canOpenURL(URL(string: "tel:0")!) ? "by_hand" : "no",
        "text": MFMessageComposeViewController.canSendText() ? "by_hand" : "no",
        "place": allowed && CLLocationManager.locationServicesEnabled() ? "alone" : "no",
        "notices": "by_hand",
      ])
    }
  }

  @objc public func askRights(_ invoke: Invoke) {
    DispatchQueue.main.async { self.places.requestWhenInUseAuthorization() }
    abilities(invoke)
  }

  func locationManager(_ manager: CLLocationManager, didUpdateLocations found: [CLLocation]) {
    last = found.last ?? last
  }

  func messageComposeViewController(_ composer: MFMessageComposeViewController, didFinishWith result: MessageComposeResult) {
    composer.dismiss(animated: true)
  }
}

@_cdecl("init_plugin_dati")
func initPlugin() -> Plugin {
  return DatiPlugin()
}
