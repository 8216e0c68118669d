<?php

namespace App\Models;

use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Relations\Pivot;
use Illuminate\Database\Eloquent\SoftDeletes;

abstract class Base extends Model
{
    protected $guarded = [];
}

class Person extends Base
{
    use SoftDeletes;

    const UPDATED_AT = 'changed_at';

    protected $casts = ['extra' => 'array'];

    public function blogPosts()
    {
        return $this->hasMany(BlogPost::class);
    }

    public function groups()
    {
        return $this->belongsToMany(Group::class)->withPivot('role')->using(Membership::class);
    }

    public function remarks()
    {
        return $this->morphMany(Remark::class, 'subject');
    }
}

class BlogPost extends Base
{
    public function person()
    {
        return $this->belongsTo(Person::class);
    }

    public function reviewer()
    {
        return $this->belongsTo(Person::class, 'checked_by');
    }

    public function again()
    {
        return $this->replicate();
    }
}

class Group extends Base
{
    protected $primaryKey = 'code';

    public $incrementing = false;

    protected $keyType = 'string';

    public $timestamps = false;

    protected $table = 'grps';
}

class Membership extends Pivot
{
    protected $table = 'group_person';

    public $timestamps = false;
}

class Remark extends Base
{
    public function subject()
    {
        return $this->morphTo();
    }
}
