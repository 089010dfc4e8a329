import AVFoundation
import CoreLocation
import CoreMotion
import MessageUI
import Tauri
import UIKit
import UserNotifications

class CallArgs: Decodable {
  let number: String
}

class TextArgs: Decodable {
  let number: String
  let words: String
}

class NoticeArgs: Decodable {
  let key: String
  let upMs: Int
  let title: String
  let words: String
}

class PlanArgs: Decodable {
  let notices: [NoticeArgs]
}

class AlertArgs: Decodable {
  let alert: String
  let part: Int
  let over: Bool
}

/// Calls, writes, measures and rings when Rust says so; decides nothing. An iPhone never calls or writes
/// without a finger: `tel:` and the composer open, and the server calls meanwhile.
class DatiPlugin: Plugin, CLLocationManagerDelegate, MFMessageComposeViewControllerDelegate,
  UNUserNotificationCenterDelegate
{
  private let places = CLLocationManager()
  private var last: CLLocation?
  private var beat: Timer?
  private let motion = CMMotionManager()
  private let lock = NSLock()
  private var felt: [[String: Int]] = []

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

  /// Notices for later, with the app closed: the new plan replaces the one before.
  @objc public func plan(_ invoke: Invoke) throws {
    let notices = try invoke.parseArgs(PlanArgs.self).notices
    let center = UNUserNotificationCenter.current()
    center.delegate = self
    center.removeAllPendingNotificationRequests()
    for one in notices {
      let left = Double(one.upMs) / 1000 - Double(clock_gettime_nsec_np(CLOCK_MONOTONIC)) / 1_000_000_000
      let trigger = UNTimeIntervalNotificationTrigger(timeInterval: max(1, left), repeats: false)
      center.add(UNNotificationRequest(identifier: one.key, content: content(one), trigger: trigger))
    }
    invoke.resolve()
  }

  @objc public func show(_ invoke: Invoke) throws {
    let one = try invoke.parseArgs(NoticeArgs.self)
    UNUserNotificationCenter.current().add(UNNotificationRequest(identifier: one.key, content: content(one), trigger: nil))
    invoke.resolve()
  }

  /// No shortcut yet: quick actions are answered by the app's delegate, which is not ours.
  @objc public func pressed(_ invoke: Invoke) {
    invoke.resolve(["pressed": false])
  }

  private func content(_ one: NoticeArgs) -> UNNotificationContent {
    let content = UNMutableNotificationContent()
    content.title = one.title
    content.body = one.words
    content.sound = .default
    return content
  }

  /// The page is silent where the system rings: it rings with the app in front too.
  func userNotificationCenter(
    _ center: UNUserNotificationCenter, willPresent notification: UNNotification,
    withCompletionHandler done: @escaping (UNNotificationPresentationOptions) -> Void
  ) {
    done([.banner, .sound])
  }

  /// iOS lets an app feel while it is in front only.
  @objc public func feelBegin(_ invoke: Invoke) {
    DispatchQueue.main.async { UIDevice.current.isBatteryMonitoringEnabled = true }
    motion.accelerometerUpdateInterval = 0.5
    motion.startAccelerometerUpdates(to: OperationQueue()) { data, _ in
      guard let at = data?.acceleration else { return }
      let up = Int(clock_gettime_nsec_np(CLOCK_MONOTONIC) / 1_000_000)
      let mg = { (g: Double) in Int((g * 1000).rounded()) }
      self.lock.lock()
      if self.felt.count >= 240 { self.felt.removeFirst() }
      self.felt.append(["up_ms": up, "x_mg": mg(at.x), "y_mg": mg(at.y), "z_mg": mg(at.z)])
      self.lock.unlock()
    }
    invoke.resolve()
  }

  @objc public func feelEnd(_ invoke: Invoke) {
    motion.stopAccelerometerUpdates()
    lock.lock()
    felt.removeAll()
    lock.unlock()
    invoke.resolve()
  }

  @objc public func felt(_ invoke: Invoke) {
    lock.lock()
    let samples = felt
    felt.removeAll()
    lock.unlock()
    DispatchQueue.main.async { invoke.resolve(["samples": samples, "charging": self.charging()]) }
  }

  private func charging() -> Bool {
    UIDevice.current.batteryState == .charging || UIDevice.current.batteryState == .full
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
    UNUserNotificationCenter.current().getNotificationSettings { notices in
      self.tell(invoke, timing: notices.authorizationStatus == .authorized ? "exact" : "never")
    }
  }

  private func tell(_ invoke: Invoke, timing: String) {
    DispatchQueue.main.async {
      let status = self.places.authorizationStatus
      let allowed = status == .authorizedWhenInUse || status == .authorizedAlways
      invoke.resolve([
        "call": UIApplication.shared.canOpenURL(URL(string: "tel:0")!) ? "by_hand" : "no",
        "text": MFMessageComposeViewController.canSendText() ? "by_hand" : "no",
        "place": allowed && CLLocationManager.locationServicesEnabled() ? "alone" : "no",
        "notices": "by_hand",
        "timing": timing,
        "feel": self.motion.isAccelerometerAvailable ? "by_hand" : "no",
        "charging": self.charging(),
      ])
    }
  }

  @objc public func askRights(_ invoke: Invoke) {
    UNUserNotificationCenter.current().requestAuthorization(options: [.alert, .sound]) { _, _ in
      DispatchQueue.main.async { self.places.requestWhenInUseAuthorization() }
      self.abilities(invoke)
    }
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
