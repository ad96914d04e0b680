"""Photos of scenes taken at two focal lengths go in; weights of that lens come out, judged on scenes held out."""
