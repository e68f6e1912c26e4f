"""An object uploaded in parts keeps the tags that were given when the upload started.

MiniStack ignores `x-amz-tagging` on CreateMultipartUpload. A large object (the AWS provider uploads more than 5 MB in
parts) then has no tags, and every later plan wants to add them. AWS (Amazon S3 API reference, CreateMultipartUpload)
keeps them. The patch stores them with the upload, and writes them when it completes.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from localcloud.ministack.probing import Endpoint

EFFECT = "an object uploaded in parts keeps its tags"


def apply() -> None:
    """Patch the start and the end of a multipart upload."""
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


def probe(aws: Endpoint) -> bool:
    """Upload one part with a tag, and read the tags before and after a restart."""
    s3 = aws("s3")
    s3.create_bucket(Bucket="parts", CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    upload = s3.create_multipart_upload(Bucket="parts", Key="k", Tagging="Project=starter")["UploadId"]
    part = s3.upload_part(Bucket="parts", Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket="parts", Key="k", UploadId=upload, MultipartUpload=parts)
    expected = [{"Key": "Project", "Value": "starter"}]
    if s3.get_object_tagging(Bucket="parts", Key="k")["TagSet"] != expected:
        return False
    aws.restart()
    return bool(s3.get_object_tagging(Bucket="parts", Key="k")["TagSet"] == expected)
