"""An object uploaded in parts has the tags that its upload began with.

MiniStack ignores `x-amz-tagging` on CreateMultipartUpload, so a large object (the AWS provider sends more than 5 MB in
parts) has no tags and every later plan wants to add them. AWS (Amazon S3 API reference, CreateMultipartUpload) keeps
them. Here they are kept with the upload, and written when it is complete.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl


def apply() -> None:
    """Patch the begin and the end of a multipart upload."""
    from ministack.services import s3

    begin, complete = s3._create_multipart_upload, s3._complete_multipart_upload

    def beginning(bucket: str, key: str, headers: dict[str, str]) -> Any:
        answer = begin(bucket, key, headers)
        if answer[0] == 200 and headers.get("x-amz-tagging"):
            upload_id = answer[2].decode().partition("<UploadId>")[2].partition("<")[0]
            s3._multipart_uploads[upload_id]["tags"] = dict(parse_qsl(headers["x-amz-tagging"], keep_blank_values=True))
        return answer

    def completing(bucket: str, key: str, body: bytes, query: dict[str, Any], headers: Any = None) -> Any:
        upload = s3._multipart_uploads.get(s3._qp(query, "uploadId")) or {}
        answer = complete(bucket, key, body, query, headers)
        if answer[0] == 200 and upload.get("tags"):
            version = s3._buckets[bucket]["objects"][key].get("version_id")
            s3._object_tags[(bucket, key, version)] = upload["tags"]
            s3._persist_version_state(bucket, key, s3._buckets[bucket])
        return answer

    s3._create_multipart_upload, s3._complete_multipart_upload = beginning, completing
