"""Going on from a half-made deployment: what exists on AWS and Terraform does not know of.

A call may be carried out and its answer lost, a deployment killed, a state file cut off. What was made then is refused
as a conflict when it is made again or, where no name collides, made twice. On an emulator it is taken over, and what
is left is removed; on AWS it is only said which resource it is, and by which command Terraform gets to know it.
"""
