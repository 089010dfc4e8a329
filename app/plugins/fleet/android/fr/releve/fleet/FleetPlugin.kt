package fr.releve.fleet

import android.app.Activity
import android.content.Context
import android.content.RestrictionsManager
import android.content.pm.PackageManager
import android.hardware.biometrics.BiometricManager
import android.hardware.biometrics.BiometricPrompt
import android.nfc.NfcAdapter
import android.os.Build
import android.os.CancellationSignal
import app.tauri.annotation.Command
import app.tauri.annotation.TauriPlugin
import app.tauri.plugin.Invoke
import app.tauri.plugin.JSObject
import app.tauri.plugin.Plugin
import fr.releve.app.R

/** Tells Rust what the phone can and what its fleet has set, and asks for a finger or a face; decides nothing. */
@TauriPlugin
class FleetPlugin(private val activity: Activity) : Plugin(activity) {
  @Command
  fun managed(invoke: Invoke) {
    val restrictions = activity.getSystemService(Context.RESTRICTIONS_SERVICE) as RestrictionsManager
    val set = restrictions.applicationRestrictions
    @Suppress("DEPRECATION") // The typed getters want to know the type beforehand.
    val managed = managed { set?.get(it) }
    val data = JSObject()
    for ((key, text) in managed.texts) data.put(key, text)
    data.put("kiosk", managed.kiosk)
    invoke.resolve(data)
  }

  @Command
  fun facts(invoke: Invoke) {
    val data = JSObject()
    data.put("nfc", nfc())
    data.put("biometry", biometry())
    invoke.resolve(data)
  }

  /** Whether it was the worker: her finger, or her face. */
  @Command
  fun confirm(invoke: Invoke) {
    if (Build.VERSION.SDK_INT < Build.VERSION_CODES.P) return invoke.resolve(confirmed(false))
    activity.runOnUiThread {
      val prompt = BiometricPrompt.Builder(activity)
        .setTitle(activity.getString(R.string.presence_title))
        .setNegativeButton(activity.getString(R.string.presence_cancel), activity.mainExecutor) { _, _ ->
          invoke.resolve(confirmed(false))
        }
        .build()
      prompt.authenticate(
        CancellationSignal(),
        activity.mainExecutor,
        object : BiometricPrompt.AuthenticationCallback() {
          override fun onAuthenticationSucceeded(result: BiometricPrompt.AuthenticationResult) = invoke.resolve(confirmed(true))

          override fun onAuthenticationError(code: Int, words: CharSequence) = invoke.resolve(confirmed(false))
        },
      )
    }
  }

  private fun confirmed(hers: Boolean): JSObject = JSObject().apply { put("confirmed", hers) }

  private fun nfc(): String {
    val adapter = NfcAdapter.getDefaultAdapter(activity) ?: return "no"
    return if (adapter.isEnabled) "yes" else "off"
  }

  private fun biometry(): String {
    if (Build.VERSION.SDK_INT < Build.VERSION_CODES.Q) {
      val sensor = activity.packageManager.hasSystemFeature(PackageManager.FEATURE_FINGERPRINT)
      return if (sensor && Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) "ready" else "none"
    }
    @Suppress("DEPRECATION") // The one with a class of strength is of Android 11.
    return when (activity.getSystemService(BiometricManager::class.java).canAuthenticate()) {
      BiometricManager.BIOMETRIC_SUCCESS -> "ready"
      BiometricManager.BIOMETRIC_ERROR_NONE_ENROLLED -> "not_set_up"
      else -> "none"
    }
  }
}
