"""Which test reaches each setting that bounds something, and which settings bound nothing."""

from collections.abc import Mapping
from typing import Final

_REQUESTS: Final = "tests/bounds/test_requests.py"
_TIMES: Final = "tests/bounds/test_times.py"
_CLIPS: Final = "tests/bounds/test_clips.py"
_OVERLOAD: Final = "tests/serve/test_overload_server.py"
_PURGING: Final = "tests/serve/erasure/test_purging.py"
_WORDS: Final = f"{_REQUESTS}::test_max_chars_of_the_words_beside"
_CLIP: Final = f"{_CLIPS}::test_a_clip"
_POOL: Final = f"{_REQUESTS}::test_inference_threads_and_queue_length_bound_what_is_under_way"
_WEBHOOKS: Final = f"{_TIMES}::test_webhook_max_attempts_and_webhook_timeout_s"
_SESSION: Final = "tests/serve/access/test_authentication.py::test_a_session_ends_by_itself"
_PURGE: Final = f"{_PURGING}::test_reports_go_when_their_time_is_over"

BOUNDS: Final[Mapping[str, str]] = {
    "shadow_backlog": (
        "tests/serve/registry/test_shadow.py::test_of_more_than_may_wait_the_oldest_are_given_up_and_counted"
    ),
    "model_trial_s": "tests/serve/registry/test_trial.py::test_a_graph_that_never_ends_is_given_up",
    "model_trial_bytes": (
        "tests/serve/registry/test_trial.py::test_a_graph_that_asks_for_all_memory_passes_on_paper_and_not_in_the_trial"
    ),
    "password_min_chars": f"{_TIMES}::test_password_min_chars",
    "session_idle_h": _SESSION,
    "session_max_h": _SESSION,
    "one_time_link_h": f"{_TIMES}::test_one_time_link_h",
    "rate_limit_key_per_minute": "tests/serve/access/test_rates.py::test_each_key_is_limited_by_itself",
    "rate_limit_anonymous_per_minute": (
        "tests/serve/access/test_rates.py::test_the_anonymous_are_limited_by_address_and_others_are_not"
    ),
    "max_body_bytes": f"{_REQUESTS}::test_max_body_bytes_counts_what_is_announced_and_what_comes",
    "max_files": f"{_REQUESTS}::test_max_files",
    "max_file_bytes": f"{_REQUESTS}::test_max_file_bytes",
    "max_pixels": f"{_REQUESTS}::test_max_pixels",
    "max_text_chars": f"{_REQUESTS}::test_max_text_chars_counts_characters_and_not_bytes",
    "max_received_bytes": f"{_REQUESTS}::test_max_received_bytes_is_one_memory_for_all",
    "max_video_bytes": (
        "tests/serve/video/test_clip_requests.py::test_a_clip_may_be_larger_than_a_photo_and_no_larger_than_it_may"
    ),
    "max_video_s": _CLIP,
    "max_video_pixels": _CLIP,
    "max_video_frames": _CLIP,
    "video_cpu_s": f"{_CLIPS}::test_video_cpu_s",
    "video_wall_s": _CLIP,
    "video_memory_bytes": f"{_CLIPS}::test_video_memory_bytes",
    "video_workers": f"{_CLIPS}::test_video_workers_bound_what_is_worked_on_at_once",
    "video_queue_length": (
        "tests/serve/video/test_clip_requests.py::test_photos_are_answered_while_clips_are_worked_on_and_wait"
    ),
    "max_address_chars": _WORDS,
    "max_reporter_chars": _WORDS,
    "max_external_id_chars": _WORDS,
    "preview_side_px": f"{_REQUESTS}::test_preview_side_px_bounds_what_everybody_sees",
    "idempotency_in_flight_s": f"{_TIMES}::test_idempotency_in_flight_s",
    "idempotency_keep_h": f"{_TIMES}::test_idempotency_keep_h",
    "duplicate_window_h": f"{_TIMES}::test_duplicate_window_h",
    "duplicate_distance_m": f"{_TIMES}::test_duplicate_distance_m",
    "duplicate_hash_bits": f"{_TIMES}::test_duplicate_hash_bits",
    "duplicate_placeless_hash_bits": f"{_TIMES}::test_duplicate_placeless_hash_bits",
    "claim_lease_s": (
        "tests/serve/reports/test_claims.py::"
        "test_a_claim_is_renewed_by_its_holder_and_free_for_others_once_it_has_run_out"
    ),
    "retention_days": _PURGE,
    "retention_rejected_days": _PURGE,
    "retention_undecided_days": _PURGE,
    "retention_original_days": f"{_PURGING}::test_originals_may_go_earlier_than_their_reports",
    "retention_sign_in_days": f"{_PURGING}::test_addresses_of_old_sign_ins_go",
    "orphan_grace_h": f"{_TIMES}::test_orphan_grace_h",
    "webhook_timeout_s": _WEBHOOKS,
    "webhook_max_attempts": _WEBHOOKS,
    "webhook_senders": "tests/serve/dispatch/test_side_by_side.py::test_a_setting_says_how_many_there_are",
    "inference_threads": _POOL,
    "queue_length": _POOL,
    "max_queue_wait_s": f"{_OVERLOAD}::test_a_request_waits_no_longer_than_it_may",
    "body_idle_timeout_s": "tests/serve/test_bodies.py::test_a_pause_is_the_end",
    "body_min_bytes_per_s": f"{_OVERLOAD}::test_a_body_below_the_least_rate_is_given_up_although_it_never_stops",
    "body_timeout_s": f"{_OVERLOAD}::test_a_body_that_takes_too_long_is_given_up_at_any_rate",
    "max_connections": (
        f"{_OVERLOAD}::test_with_all_connections_in_use_health_checks_are_answered_and_others_are_told"
    ),
    "max_head_bytes": f"{_OVERLOAD}::test_a_head_has_a_longest_length",
    "head_timeout_s": f"{_OVERLOAD}::test_a_head_that_takes_too_long_is_given_up",
    "send_timeout_s": f"{_OVERLOAD}::test_a_client_that_does_not_take_its_answer_is_given_up",
    "keep_alive_s": f"{_OVERLOAD}::test_a_connection_between_requests_is_kept_for_a_while",
    "shutdown_grace_s": f"{_TIMES}::test_shutdown_grace_s",
}
"""Setting to test, `path::name`."""

UNBOUNDED: Final[Mapping[str, str]] = {
    "host": "an address",
    "port": "an address",
    "bundle_path": "a place",
    "policy_path": "a place",
    "data_path": "a place",
    "database_url": "a place",
    "media_url": "a place",
    "s3_endpoint_url": "an address",
    "bundles_path": "a place",
    "model_poll_s": "how often something is looked at: it ends nothing",
    "anonymous_intake": "yes or no",
    "public_url": "an address",
    "trusted_proxies": "whom to believe",
    "hsts_max_age_s": "what browsers are told, and they keep to it",
    "read_exif_place": "yes or no",
    "audit_share": "a share that is drawn, not a limit",
    "second_review_share": "a share that is drawn, not a limit",
    "sweep_interval_s": "how often something is done: it ends nothing",
    "webhook_allow_private": "yes or no",
    "otlp_endpoint": "an address",
    "drift_window_photos": "over how many photos a figure is taken",
    "log_format": "how something is written",
    "log_level": "what is written",
}
"""Setting to the reason why it bounds nothing."""
